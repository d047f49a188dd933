#!/usr/bin/env bash
# What the GitHub Action runs: all reports of one inspection, and its exit status.
set -u

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
module=()
if [ "${MODULE:-false}" = true ]; then module=(-m); fi

# Options and arguments are lists of words, as on a command line.
# shellcheck disable=SC2086
gradcheck-gan inspect ${OPTIONS:-} \
  -o "sarif:$SARIF" -o "html:$PAGE" -o "github:$work/annotations" -o "markdown:$work/summary" \
  "${module[@]}" "$SCRIPT" ${ARGUMENTS:-}
status=$?

if [ -f "$work/annotations" ]; then cat "$work/annotations"; fi
if [ -f "$work/summary" ]; then cat "$work/summary" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"; fi
exit "$status"
