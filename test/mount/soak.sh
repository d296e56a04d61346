#!/usr/bin/env bash
# Clients of a mount for so many seconds: shells and mdevctl create and remove, parents are pulled out and put back, others read
# everything, and some are killed inside their calls. Run it as `lockstorm mount -- bash test/mount/soak.sh 600`: the exit code
# is that of the mount, which says whether anything has leaked.
end=$((SECONDS + ${1:-600}))
on() { [ $SECONDS -lt $end ]; }
parent() { local all=(/sys/class/mdev_bus/*); echo "${all[RANDOM % ${#all[@]}]}"; }

creates() {
  local uuid
  while on; do
    uuid=$(cat /proc/sys/kernel/random/uuid)
    echo "$uuid" > "$(parent)/mdev_supported_types/mtty-$((1 + RANDOM % 2))/create" && made=$((made + 1))
    cat "/sys/bus/mdev/devices/$uuid/uevent" "/sys/bus/mdev/devices/$uuid/mdev_type/name"
    echo 1 > "/sys/bus/mdev/devices/$uuid/remove"
  done
  echo "a shell made $made devices" >&3
}
drives() {
  local uuid
  while on; do
    uuid=$(cat /proc/sys/kernel/random/uuid)
    mdevctl start -u "$uuid" -p "$(basename "$(parent)")" -t mtty-2 && made=$((made + 1))
    mdevctl list
    mdevctl stop -u "$uuid"
  done
  echo "mdevctl made $made devices" >&3
}
pulls() {
  local n
  while on; do
    n=$((RANDOM % 8))
    echo $n > /sys/kernel/parents/unplug && pulled=$((pulled + 1))
    sleep 0.2
    echo $n > /sys/kernel/parents/plug
    sleep 0.5
  done
  echo "$pulled parents were pulled out" >&3
}
reads() {
  while on; do
    grep -rs . /sys/devices | wc -l
    ls -R /sys
    find /sys -name remove
    rounds=$((rounds + 1))
    sleep 0.3
  done
  echo "everything was read $rounds times" >&3
}
kills() {
  local client
  while on; do
    (while :; do cat /proc/sys/kernel/random/uuid > "$(parent)/mdev_supported_types/mtty-1/create"; done) &
    client=$!
    sleep 0.3
    kill -9 $client && killed=$((killed + 1))
    wait $client
    for device in /sys/bus/mdev/devices/*; do echo 1 > "$device/remove"; done
  done
  echo "$killed clients were killed" >&3
}

exec 3>&1 > /dev/null 2>&1
creates & creates & pulls & reads & kills &
command -v mdevctl && drives &
wait
for device in /sys/bus/mdev/devices/*; do echo 1 > "$device/remove"; done
for n in 0 1 2 3 4 5 6 7; do echo $n > /sys/kernel/parents/plug; done
echo "left: $(ls /sys/bus/mdev/devices | wc -l) devices, $(ls /sys/class/mdev_bus | wc -l) parents" >&3
