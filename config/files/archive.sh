#!/bin/sh
# Moves files of the file sink that nothing was written to for some time out of its folder, and compresses them there.
# Nothing is lost, and nothing is told twice: an entry that becomes visible later begins a new file of that day, which
# is moved in its turn. Both folders must be on one file system. Run it from cron, as the user of the connector:
#   30 4 * * *  archive.sh /out /archive
#
# archive.sh <path of the sink> <archive> [<days without a change, default 31: longer than reconcile looks back>]
set -eu

out="${1:?the path of the file sink}"
archive="${2:?the folder to move files to}"
days="${3:-31}"
# A write that has begun on a file that is moved ends within this.
settle="${ARCHIVE_SETTLE_SECONDS:-60}"

mkdir -p "$archive"
# Files that were moved before, and not compressed because something came in between, are done now.
moved="$(mktemp)"
trap 'rm -f "$moved"' EXIT
find "$archive" -type f -name '*.ndjson' >"$moved"

minutes="$(awk -v days="$days" 'BEGIN { printf "%d", days * 24 * 60 }')"
find "$out" -mindepth 2 -maxdepth 2 -type f -name '*.ndjson' -mmin "+$minutes" | while IFS= read -r file; do
  source="$(basename "$(dirname "$file")")"
  mkdir -p "$archive/$source"
  # A day may be moved several times: each piece has a name of its own.
  piece="$archive/$source/$(basename "$file" .ndjson).$(date -u +%Y%m%dT%H%M%S.%N).ndjson"
  mv -n "$file" "$piece"
  printf '%s\n' "$piece" >>"$moved"
done

[ -s "$moved" ] || exit 0
sleep "$settle"
while IFS= read -r piece; do
  gzip -c "$piece" >"$piece.gz.part"
  mv "$piece.gz.part" "$piece.gz"
  rm "$piece"
done <"$moved"
