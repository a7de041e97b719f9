# The short way to everything. `make run` and `make test` install what is missing and say so first.

.PHONY: run test build bench sanitize format check shape install clean help

help:
	@echo 'make run [DEMO=0]   the program with the demo shop, and the Workbench'
	@echo 'make test           every test'
	@echo 'make build          the program, into build/rohas-telemetry'
	@echo 'make bench          measure, and write bench/results.md (FULL=1: up to 20 million rows; BENCH_ROWS=N,N)'
	@echo 'make sanitize       unit and contract tests under AddressSanitizer and UndefinedBehaviorSanitizer'
	@echo 'make format         format C and TypeScript'
	@echo 'make check          formatting, folders, types: what needs no run'
	@echo 'make shape          the longest files and functions'
	@echo 'make install        install the program (PREFIX=/usr/local, DESTDIR)'

run: build
	@DEMO=$(DEMO) scripts/run

test:
	@scripts/setup test
	@scripts/build
	@scripts/test $(SUITES)

build:
	@scripts/setup build
	@scripts/build

bench: build
	@FULL=$(FULL) BENCH_ROWS=$(BENCH_ROWS) bench/run build

sanitize:
	@scripts/setup test
	@scripts/build
	@scripts/test sanitize

format:
	@git ls-files '*.c' '*.h' '*.cc' | xargs clang-format-19 -i
	@cd workbench && npm run --silent format

check:
	@scripts/check-includes
	@git ls-files '*.c' '*.h' '*.cc' | xargs clang-format-19 --dry-run -Werror
	@cd workbench && npm run --silent check
	@cd tests && npm run --silent check

shape:
	@scripts/shape

install: build
	@meson install -C build --no-rebuild $(if $(DESTDIR),--destdir $(DESTDIR))

clean:
	rm -rf build build-sanitize workbench/dist
