# tools: what the scripts beside this one share. Sourced, never run.

say() { printf 'rohas-telemetry: %s\n' "$1"; }
fail() {
	printf 'rohas-telemetry: %s\n' "$1" >&2
	exit 1
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		fail "this needs root and there is no sudo: run '$*' as root, then try again"
	fi
}

node_arch() {
	case $(uname -m) in
	x86_64) echo x64 ;;
	aarch64) echo arm64 ;;
	*) fail "there is no Node from npm for $(uname -m): install Node 22 or newer by hand" ;;
	esac
}

# Puts the Node that setup installed in front of the machine's own.
use_tools() {
	local bin
	bin=$PWD/.tools/node_modules/node-linux-$(node_arch)/bin
	if [ -x "$bin/node" ]; then
		PATH=$bin:$PATH
		export PATH
		hash -r
	fi
}

node_is_new() {
	node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 15) ? 0 : 1)' 2>/dev/null
}

use_tools
