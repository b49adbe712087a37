# What ./test and ./package share. The command line of docker and all limits are the portal's:
# algorithm.sh and evaluation.sh beside this file hold them as they were when the kit was made.
. "$kit/portal/phase.sh"
run="hounsfield-kit-$$"
number=0
stage=""

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

clean_up() {
  remove_run
  if [ -n "$stage" ]; then rm -rf "$stage"; fi
}

remove_run() {
  docker rm --force --volumes "$run" "$run-files" >/dev/null 2>&1 || true
  local name
  for name in input ground-truth output scratch; do
    docker volume rm --force "$run-$name" >/dev/null 2>&1 || true
  done
}

# What the container finds, before it is sent into its volumes.
fresh_stage() {
  if [ -n "$stage" ]; then rm -rf "$stage"; fi
  stage="$(mktemp -d)"
  mkdir -p "$stage/input" "$stage/output" "$stage/tmp"
}

# build FOLDER NAME: prints the image's name. KIT_BUILD_OPTIONS go to docker build, for proxies.
build() {
  local image="hounsfield-kit/$2:$(printf '%s' "$kit" | cksum | cut -d ' ' -f 1)"
  # shellcheck disable=SC2086
  docker build --platform linux/amd64 ${KIT_BUILD_OPTIONS:-} --tag "$image" "$1" >&2 ||
    fail "docker could not build the image in $1."
  check_image "$image"
  printf '%s' "$image"
}

# What the portal looks at first when an image is uploaded.
check_image() {
  case "$(docker image inspect --format '{{.Config.User}}' "$1")" in
    '' | root | root:* | 0 | 0:*) fail "The image runs as root: create a user and end with USER." ;;
  esac
  local label
  label="$(docker image inspect \
    --format '{{index .Config.Labels "org.grand-challenge.api-method"}}' "$1")"
  [ "$label" != invoke ] || fail "./test runs images that end: build one without the label invoke."
}

# run_container KIND IMAGE RESULT: runs the image on what is staged, as a worker of the portal does.
run_container() {
  local kind="$1" image="$2" result="$3" options=() set_by_image one cpus
  . "$kit/portal/$kind.sh"
  for one in "${ARGUMENTS[@]}"; do
    one="${one//@RUN@/$run}"
    options+=("${one//@PROFILE@/$kit/portal/seccomp.json}")
  done
  set_by_image="$(docker image inspect --format '{{range .Config.Env}}{{println .}}{{end}}' "$image")"
  for one in "${ENVIRONMENT[@]}"; do
    grep -q "^${one%%=*}=" <<<"$set_by_image" || options+=("--env=$one")
  done
  cpus="$(docker info --format '{{.NCPU}}')"
  [ "${CPUS%.*}" -ge "$cpus" ] || cpus="$CPUS"
  if [ "$GPUS" -gt 0 ] && [ -n "${KIT_GPUS:-}" ]; then
    options+=("--gpus=$GPUS" --env=NVIDIA_VISIBLE_DEVICES=all)
  fi
  remove_run
  fill_volumes "$image" "${options[@]}"
  docker create --name "$run" --cpus "$cpus" "${options[@]}" "$image" >/dev/null
  watch_container "$result.log"
  check_sizes
  mkdir -p "$result"
  docker cp "$run-files:/output/." "$result" >/dev/null
  remove_run
}

# A container that never starts lets us into the volumes; the real one may not write its inputs.
fill_volumes() {
  local image="$1" one mounts=()
  shift
  for one in "$@"; do
    case "$one" in --mount=*) mounts+=("${one%,readonly}") ;; esac
  done
  docker create --name "$run-files" --network none "${mounts[@]}" "$image" >/dev/null
  chmod -R a+rX "$stage"
  chmod 777 "$stage/output"
  chmod 1777 "$stage/tmp"
  docker cp "$stage/." "$run-files:/" >/dev/null
}

# Starts the container, shows its log, and kills it where the portal would.
watch_container() {
  local log="$1" attached started stopped="" code killed
  : >"$log"
  started=$SECONDS
  docker start --attach "$run" >"$log" 2>&1 &
  attached=$!
  while kill -0 "$attached" 2>/dev/null; do
    if [ $((SECONDS - started)) -ge "$TIME_LIMIT" ]; then
      stopped="It took longer than $TIME_LIMIT s."
    elif [ "$(wc -c <"$log")" -gt "$LOG_BYTES" ]; then
      stopped="It wrote more than $LOG_BYTES bytes to its log."
    fi
    if [ -n "$stopped" ]; then
      docker kill "$run" >/dev/null 2>&1 || true
      break
    fi
    sleep 0.2
  done
  wait "$attached" || true
  head -c "$LOG_BYTES" "$log" >&2
  [ -z "$stopped" ] || fail "$stopped"
  killed="$(docker inspect --format '{{.State.OOMKilled}}' "$run")"
  [ "$killed" != true ] || fail "It exceeded its memory limit."
  code="$(docker inspect --format '{{.State.ExitCode}}' "$run")"
  [ "$code" = 0 ] || fail "It ended with exit code $code."
}

# The portal's folders have these sizes; a plain volume has none, so it is looked at afterwards.
check_sizes() {
  [ "$(docker cp "$run-files:/output" - | wc -c)" -le $((OUTPUT_BYTES + 1048576)) ] ||
    fail "It left more than $OUTPUT_BYTES bytes in /output."
  [ "$(docker cp "$run-files:/tmp" - | wc -c)" -le $((SCRATCH_BYTES + 1048576)) ] ||
    fail "It left more than $SCRATCH_BYTES bytes in /tmp."
}

# take_predictions CASE RESULT: puts outputs where the evaluation finds them, and describes them.
take_predictions() {
  local case_folder="$1" result="$2" job kind path name part=0 target found
  job="$(cat "$case_folder/job")"
  cat "$case_folder/prediction-0" >"$result.json"
  while IFS=$'\t' read -r kind path name <&3; do
    target="$results/predictions/$job/output/$path"
    mkdir -p "$(dirname "$target")"
    if [ "$kind" = image ]; then
      found="$(find "$result/$path" -type f \( -name '*.mha' -o -name '*.tif' -o -name '*.tiff' \) \
        2>/dev/null || true)"
      [ -n "$found" ] || fail "Output $path was not produced: it is a folder with one .mha or .tif."
      [ "$(wc -l <<<"$found")" -eq 1 ] || fail "Output $path holds more than one image."
      mkdir -p "$target"
      cp "$found" "$target/$name.${found##*.}"
      continue
    fi
    [ -f "$result/$path" ] || fail "Output $path was not produced."
    cp "$result/$path" "$target"
    if [ "$kind" = value ]; then
      part=$((part + 1))
      cat "$result/$path" "$case_folder/prediction-$part" >>"$result.json"
    fi
  done 3<"$case_folder/outputs"
}

# score_in FILE: prints the number that the phase ranks by, found by its keys.
score_in() {
  LC_ALL=C grep -oE '"([^"\\]|\\.)*"|[][{}:,]|[^][{}:,"[:space:]]+' "$1" | awk -v want="$SCORE_PATH" '
    $0 == "{" || $0 == "[" { depth++; kind[depth] = $0; value[depth] = 0; next }
    $0 == "}" || $0 == "]" { depth--; next }
    $0 == ":" { value[depth] = 1; next }
    $0 == "," { value[depth] = 0; next }
    kind[depth] == "{" && !value[depth] { key[depth] = substr($0, 2, length($0) - 2); next }
    {
      path = key[1]
      plain = kind[1] == "{"
      for (level = 2; level <= depth; level++) {
        path = path "." key[level]
        plain = plain && kind[level] == "{"
      }
      if (plain && path == want) found = $0
    }
    END { if (found != "") print found }'
}
