#!/bin/sh
# Makes the model everyday: three trainings, then a temperature.
#
#   packages/node/models/everyday/make.sh DATASETS WORK
#
# DATASETS holds clothing/, trashnet/ and grocery/, each with train/<class> and val/<class>; WORK takes
# the joined folder (links, no copies) and the three run folders. Some two hours on two cores with
# AVX-512 and bfloat16 (apt-get install libdnnl2). A run that was stopped goes on when this is started
# again. The same machine gives the same bytes.
set -eu
datasets=$(cd "$1" && pwd)
mkdir -p "$2"
work=$(cd "$2" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
irv2() { node "$here/../../bin/irv2.js" "$@"; }

for set in clothing trashnet grocery; do
  for part in train val; do
    for class in "$datasets/$set/$part"/*/; do
      mkdir -p "$work/photos/$part"
      ln -sfn "${class%/}" "$work/photos/$part/$(basename "$class")"
    done
  done
done

# run NAME EPOCHS OPTIONS...: a training up to an epoch, or what is left of it.
run() {
  name=$1
  stop=$2
  shift 2
  if [ -e "$work/$name.done" ]; then return; fi
  if [ -e "$work/$name/config.json" ]; then
    irv2 train --resume "$work/$name" --stop-after "$stop"
  else
    irv2 train --data "$work/photos" --recipe from-scratch-small --batch 32 --precision bf16 --cache memory \
      --ema 0.998 "$@" --stop-after "$stop" --out "$work/$name"
  fi
  touch "$work/$name.done"
}

# The learning rate of the first run would need 46 epochs to fall; it stops at the thirtieth.
run one 30 --width 0.37 --input-size 107 --epochs 46 --lr 0.002 --warmup 2 --mixup 0.2 --cutmix 1 --seed 1
run two 30 --weights "$work/one/weights/last.safetensors" --input-size 139 --epochs 30 --lr 0.001 --warmup 1 --mixup 0.2 --cutmix 1 --seed 2
run three 5 --weights "$work/two/weights/last.safetensors" --input-size 139 --epochs 5 --lr 0.0002 --warmup 0 --seed 3

irv2 calibrate --data "$work/photos" --weights "$work/three/weights/last.safetensors" --dtype fp16 --out "$here/model.safetensors"
(cd "$here" && sha256sum model.safetensors > SHA256SUMS)
