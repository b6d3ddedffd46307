# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
# Shared by ./run, ./test and tools/bench: building a preset, and running numbered stages with one log each.
# shellcheck shell=bash

step_started=$SECONDS
step() { printf '\n== %s\n' "$*"; step_started=$SECONDS; }
step_done() { printf '== %s (%d s)\n' "$*" $((SECONDS - step_started)); }

# build PRESET [TARGET...]: configures once (ninja re-runs CMake by itself when a CMake file changes) and builds.
build() {
    local preset=$1 dir=build/$1
    shift
    mkdir -p build
    if [ ! -f "$dir/build.ninja" ]; then
        cmake --preset "$preset" >"$dir.configure.log" 2>&1 || {
            cat "$dir.configure.log" >&2
            echo "cmake --preset $preset failed; ./setup installs what is missing" >&2
            return 1
        }
    fi
    nice cmake --build "$dir" --parallel "$(nproc)" ${1:+--target "$@"}
}

# The built program of a preset.
cordon_of() {
    local program=build/$1/src/app/cordon
    [ -x "$program" ] || {
        echo "there is no $program; build it with: cmake --build --preset $1" >&2
        return 1
    }
    echo "$program"
}

passed=0 failed=0 skipped=0 failed_stages=() skipped_stages=()

# launch NAME COMMAND...: starts a stage with its output in out/test/NAME.log; at most one per core at a time.
# collect NAME: waits for it and adds it up. A last line "N passed, N failed, N skipped" of its output is added to the
# sums; a command without one counts as one check. A failure shows the output and how to repeat it.
declare -A stage_pid=() stage_command=()
launch() {
    local name=$1
    shift
    mkdir -p out/test
    rm -f "out/test/$name.status"
    while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n || true; done
    stage_command[$name]="$*"
    (
        status=0 from=$SECONDS
        "$@" >"out/test/$name.log" 2>&1 || status=$?
        echo "$status $((SECONDS - from))" >"out/test/$name.status"
    ) &
    stage_pid[$name]=$!
}

collect() {
    local name=$1 log=out/test/$1.log status=1 seconds=0 counts p f s
    wait "${stage_pid[$name]}" 2>/dev/null || true
    read -r status seconds <"out/test/$name.status" || true
    counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$log" | tail -n 1 || true)
    if [ -z "$counts" ]; then
        if [ "$status" -eq 0 ]; then counts="1 passed, 0 failed, 0 skipped"; else counts="0 passed, 1 failed, 0 skipped"; fi
    fi
    read -r p _ f _ s _ <<<"$counts"
    s=${s:-0}
    if [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then f=1; fi
    if [ "$status" -eq 0 ] && [ "$f" -gt 0 ]; then status=1; fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    if [ "$status" -eq 0 ]; then
        printf '%-12s ok      %6d passed%s  (%d s)\n' "$name" "$p" "$([ "$s" -gt 0 ] && echo ", $s skipped")" "$seconds"
        grep -E '^SKIP ' "$log" | sed 's/^/             /' || true
    else
        failed_stages+=("$name")
        printf '%-12s FAILED  %6d passed, %d failed  (%d s)\n' "$name" "$p" "$f" "$seconds"
        echo "--- the end of $log"
        tail -n 60 "$log"
        echo "--- repeat it with: ./test --only $name      or: ${stage_command[$name]}"
    fi
}

# skip NAME REASON: a stage that cannot run here, by name.
skip() {
    skipped=$((skipped + 1))
    skipped_stages+=("$1")
    printf '%-12s skipped: %s\n' "$1" "$2"
}

summary() {
    echo
    echo "time: $((SECONDS / 60)) min $((SECONDS % 60)) s"
    [ ${#skipped_stages[@]} -eq 0 ] || echo "skipped: ${skipped_stages[*]}"
    [ ${#failed_stages[@]} -eq 0 ] || echo "failed: ${failed_stages[*]}"
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
}
