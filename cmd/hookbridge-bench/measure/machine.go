package measure

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Machine is what the figures were measured on.
type Machine struct {
	Cores      int           `json:"cores"`
	Processor  string        `json:"processor"`
	Kernel     string        `json:"kernel"`
	Go         string        `json:"go"`
	FileSystem string        `json:"file_system"` // of the state directory
	Sync       time.Duration `json:"sync_ns"`     // the median of small writes that are synced there
	SlowSync   time.Duration `json:"slow_sync_ns"`
	Memory     int64         `json:"memory"`
}

// MachineOf tells of this machine, and of the disk that holds a directory.
func MachineOf(dir string) (Machine, error) {
	m := Machine{
		Cores: runtime.NumCPU(), Processor: firstLine("/proc/cpuinfo", "model name"), Kernel: kernel(),
		Go: runtime.Version(), FileSystem: fileSystem(dir), Memory: memory(),
	}
	waits, err := timeSyncs(dir)
	if err != nil {
		return m, err
	}
	m.Sync, m.SlowSync = waits[len(waits)/2], waits[len(waits)*99/100]
	return m, nil
}

// String is a machine in one line.
func (m Machine) String() string {
	return fmt.Sprintf("%d × %s, %.0f GB, Linux %s, %s; state on %s, a synced write takes %s (p99 %s)",
		m.Cores, m.Processor, float64(m.Memory)/1e9, m.Kernel, m.Go, m.FileSystem,
		m.Sync.Round(time.Microsecond), m.SlowSync.Round(time.Microsecond))
}

// timeSyncs writes a little and waits for the disk, some hundred times over.
func timeSyncs(dir string) ([]time.Duration, error) {
	file, err := os.CreateTemp(dir, "sync-*")
	if err != nil {
		return nil, fmt.Errorf("make file to sync: %w", err)
	}
	defer os.Remove(file.Name())
	defer file.Close()
	waits, text := make([]time.Duration, 0, 300), make([]byte, 512)
	for range cap(waits) {
		began := Now()
		if _, err := file.Write(text); err != nil {
			return nil, fmt.Errorf("write file to sync: %w", err)
		}
		if err := datasync(file); err != nil {
			return nil, fmt.Errorf("sync file: %w", err)
		}
		waits = append(waits, Now().Sub(began))
	}
	slices.Sort(waits)
	return waits, nil
}

func kernel() string {
	text, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(text))
}

// firstLine returns the value of the first line "name : value" of a file.
func firstLine(path, name string) string {
	file, err := os.Open(path)
	if err != nil {
		return "unknown"
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if key, value, found := strings.Cut(lines.Text(), ":"); found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

func memory() int64 {
	text, _ := os.ReadFile("/proc/meminfo")
	return sizeIn(append([]byte("\n"), text...), "MemTotal")
}

// fileSystem is the type of what is mounted where a directory is.
func fileSystem(dir string) string {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return "unknown"
	}
	mounts, _ := os.ReadFile("/proc/self/mounts")
	return typeOf(string(mounts), absolute)
}

// typeOf finds the mount with the longest path above a directory; of those at one path the last one counts.
func typeOf(mounts, dir string) string {
	found, longest := "unknown", ""
	for line := range strings.Lines(mounts) {
		fields := strings.Fields(line)
		if len(fields) < 3 || len(fields[1]) < len(longest) {
			continue
		}
		if above := strings.TrimSuffix(fields[1], "/") + "/"; strings.HasPrefix(dir+"/", above) {
			found, longest = fields[2], fields[1]
		}
	}
	return found
}
