package command

import "strings"

// around is how many lines are shown before and after those that differ.
const around = 3

// diffLines shows the lines that two texts do not have in common, with a few around them.
func diffLines(was, now []string) string {
	var text strings.Builder
	script := edits(was, now)
	shown := -1 // the last line that was
	for i, e := range script {
		if !near(script, i) {
			continue
		}
		if shown >= 0 && i > shown+1 {
			text.WriteString("  …\n")
		}
		shown = i
		text.WriteString(string(e.sign) + " " + e.line + "\n")
	}
	return text.String()
}

type edit struct {
	sign byte // ' ', '-' or '+'
	line string
}

func near(script []edit, at int) bool {
	for i := max(0, at-around); i <= min(len(script)-1, at+around); i++ {
		if script[i].sign != ' ' {
			return true
		}
	}
	return false
}

// mostCells bounds what is compared line by line; of larger texts the middle is told as another one.
const mostCells = 4_000_000

// edits leads from one text to the other. What both begin and end with is set aside first.
func edits(was, now []string) []edit {
	var head, tail []edit
	for len(was) > 0 && len(now) > 0 && was[0] == now[0] {
		head = append(head, edit{' ', was[0]})
		was, now = was[1:], now[1:]
	}
	for len(was) > 0 && len(now) > 0 && was[len(was)-1] == now[len(now)-1] {
		tail = append([]edit{{' ', was[len(was)-1]}}, tail...)
		was, now = was[:len(was)-1], now[:len(now)-1]
	}
	return append(append(head, middle(was, now)...), tail...)
}

func middle(was, now []string) []edit {
	var script []edit
	common := longest(was, now)
	i, j := 0, 0
	for i < len(was) || j < len(now) {
		switch {
		case common != nil && i < len(was) && j < len(now) && was[i] == now[j]:
			script = append(script, edit{' ', was[i]})
			i, j = i+1, j+1
		case j == len(now), common == nil && i < len(was), common != nil && i < len(was) && common[i+1][j] >= common[i][j+1]:
			script = append(script, edit{'-', was[i]})
			i++
		default:
			script = append(script, edit{'+', now[j]})
			j++
		}
	}
	return script
}

// longest returns how many lines the rests of two texts have in common, in order; nil where that takes too long.
func longest(was, now []string) [][]int32 {
	if len(was)*len(now) > mostCells {
		return nil
	}
	common := make([][]int32, len(was)+1)
	for i := range common {
		common[i] = make([]int32, len(now)+1)
	}
	for i := len(was) - 1; i >= 0; i-- {
		for j := len(now) - 1; j >= 0; j-- {
			if common[i][j] = max(common[i+1][j], common[i][j+1]); was[i] == now[j] {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	return common
}
