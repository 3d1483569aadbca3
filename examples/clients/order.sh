#!/usr/bin/env bash
# Drives order.rtfs over the protocol of RTFS with curl and sed. The state file holds the last answer of a server, the ledger what was done: both
# this script and the server may be stopped at any moment.
#
#   order.sh URL TOKEN STATE LEDGER [STEPS]      exit code 0: the run is over, 3: it is not, 1: something is wrong
set -euo pipefail
url=$1 token=$2 state_file=$3 ledger=$4 steps=${5:-1000}
plan=$(dirname "${BASH_SOURCE[0]}")/order.rtfs

# The token goes through the environment of curl's configuration, so that no list of processes shows it.
ask() {
  curl --silent --show-error --max-time 60 --config - --data-binary "@$1" "$url" <<< "header = \"Authorization: Bearer $token\"
header = \"Content-Type: application/json\""
}

# Text as the inside of a JSON string.
quoted() { sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/\t/\\t/g' | sed -e ':a' -e 'N' -e '$!ba' -e 's/\n/\\n/g'; }

world() {
  case $1 in
    shop.price) case $2 in *lamp*) echo 89 ;; *) echo 45 ;; esac ;;
    boss.ask) echo '"yes"' ;;
    shop.reserve) echo '"order-2"' ;;
    *) echo null ;;
  esac
}

# What was done under this key before, else it is done now.
carry_out() {
  local known
  known=$(sed -n "s|^$1 ||p" "$ledger")
  if [[ -z $known ]]; then
    known=$(world "$2" "$3")
    echo "$1 $known" >> "$ledger"
  fi
  echo "$known"
}

answers() {
  local line id capability args separator=''
  while IFS= read -r line; do
    id=$(sed -E 's/^"id":"([^"]*)".*/\1/' <<< "$line")
    capability=$(sed -E 's/.*"capability":"([^"]*)".*/\1/' <<< "$line")
    args=$(sed -E 's/.*"args":\[([^]]*)\].*/\1/' <<< "$line")
    printf '%s{"id":"%s","value":%s}' "$separator" "$id" "$(carry_out "order-sh/$id" "$capability" "$args")"
    separator=,
  done < <(grep -oE '"id":"[^"]*","capability":"[^"]*","args":\[[^]]*\]' "$1")
}

touch "$ledger"
request=$(mktemp)
trap 'rm -f "$request"' EXIT
for (( step = 0; step < steps; step++ )); do
  if [[ ! -e $state_file ]]; then
    printf '{"jsonrpc":"2.0","id":1,"method":"start","params":{"run":"order-sh","variables":{"*input*":["lamp","chair"]},"source":{"file":"order.rtfs","text":"%s"}}}' "$(quoted < "$plan")" > "$request"
  else
    state=$(sed -n 's/.*"state":"\([^"]*\)".*/\1/p' "$state_file")
    [[ -n $state ]] || break
    printf '{"jsonrpc":"2.0","id":1,"method":"resume","params":{"state":"%s","answers":[%s]}}' "$state" "$(answers "$state_file")" > "$request"
  fi
  ask "$request" > "$state_file.new"
  if ! grep -q '"result":' "$state_file.new"; then
    cat "$state_file.new" >&2
    exit 1
  fi
  mv "$state_file.new" "$state_file"
done
grep -q '"state":null' "$state_file" || exit 3
sed -E 's/.*"outcome":(.*),"state":null.*/\1/' "$state_file"
