package command

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// release is set by the linker where a release is built.
var release = ""

// Version returns the version of the program: that of its release, or of the module that it was built from.
func Version() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

func (p *program) version() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			if p.json {
				return p.write(map[string]string{"version": Version(), "go": runtime.Version()}, p.stdout)
			}
			_, err := fmt.Fprintf(p.stdout, "hookbridge %s (%s)\n", Version(), runtime.Version())
			return err
		},
	}
}
