#!/usr/bin/env bash
# Installs what hookbridge is compared with: Redpanda Connect's engine from its Go module, with the components that the
# comparison needs, and Node-RED from npm. It takes a directory, by default the one in which hookbridge-bench looks.
set -euo pipefail

benthos=v4.60.0
node_red=4.1.15

dir=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/hookbridge-bench}
mkdir -p "$dir/benthos"

cat > "$dir/benthos/main.go" <<'GO'
package main

import (
	"context"

	_ "github.com/redpanda-data/benthos/v4/public/components/io"
	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"
)

func main() { service.RunCLI(context.Background()) }
GO
(
  cd "$dir/benthos"
  [ -f go.mod ] || go mod init peers/benthos
  go get "github.com/redpanda-data/benthos/v4@$benthos"
  go mod tidy
  go build -trimpath -ldflags '-s -w' -o benthos .
)

npm install --prefix "$dir/node-red" --no-audit --no-fund "node-red@$node_red"
echo "installed in $dir"
