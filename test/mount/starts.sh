#!/usr/bin/env bash
# So many devices made at once, spread over the parents, and how long that takes: by children of this shell that write into `create`
# files, each in one system call; and by as many processes of mdevctl, where there is one. The first time the mount starts its
# threads; later times show the locks. Run it as
#
#   lockstorm mount --strategy global --vendor sleep:20ms -- bash test/mount/starts.sh 128
count=${1:-128}
parents=(/sys/class/mdev_bus/*)
type=mtty-1

uuids=() on=() files=()
for ((i = 0; i < count; i++)); do
  printf -v 'uuids[i]' '%08x-0000-4000-8000-000000000000' "$i"
  on[i]=$(basename "${parents[i % ${#parents[@]}]}")
  files[i]="/sys/class/mdev_bus/${on[i]}/mdev_supported_types/$type/create"
done

now() { local us=${EPOCHREALTIME/[.,]/}; echo $((us / 1000)); } # milliseconds
there() { find /sys/bus/mdev/devices -mindepth 1 | wc -l; }

# Children of the shell: each waits for a byte of its own, which stays in the pipe for those that come late.
gate=$(mktemp -u) && mkfifo "$gate" && exec 9<> "$gate" && rm "$gate"
created() {
  local i start
  for ((i = 0; i < count; i++)); do
    { read -r -n 1 -u 9; echo "${uuids[i]}" > "${files[i]}"; } &
  done
  start=$(now)
  printf "%${count}s" '' >&9
  wait
  echo $(($(now) - start))
}
started() {
  local i start
  start=$(now)
  for ((i = 0; i < count; i++)); do mdevctl start -u "${uuids[i]}" -p "${on[i]}" -t $type & done
  wait
  echo $(($(now) - start))
}
removed() {
  local device start
  start=$(now)
  for device in /sys/bus/mdev/devices/*; do echo 1 > "$device/remove" & done
  wait
  echo $(($(now) - start))
}

told() {
  local ms made gone
  ms=$($2)
  made=$(there)
  gone=$(removed)
  echo "$1: $made devices in $ms ms, removed in $gone ms, $(there) left"
}

told 'children of a shell, the first time' created
for round in 2 3; do told "children of a shell, time $round" created; done
command -v mdevctl > /dev/null && told 'mdevctl' started
exit 0
