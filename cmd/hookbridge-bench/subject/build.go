package subject

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Program is the package that benchmarks build.
const Program = "github.com/hookbridge/hookbridge/cmd/hookbridge"

// Build builds the program as it is shipped, into a directory, and returns its path. It is called inside of the module.
func Build(ctx context.Context, dir string) (string, error) {
	binary := filepath.Join(dir, "hookbridge")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, Program)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", Program, err, out)
	}
	return binary, nil
}

// Version is what a program says of itself.
func Version(ctx context.Context, binary string) string {
	out, err := exec.CommandContext(ctx, binary, "version").Output()
	if err != nil {
		return "of unknown version"
	}
	return strings.TrimSpace(string(out))
}
