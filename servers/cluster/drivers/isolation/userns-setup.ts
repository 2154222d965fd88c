import { kernelFiles } from './sandbox.ts'

/**
 * Builds the file system of a pod in a new user, mount and process namespace, changes into it, and
 * runs the program in one more user namespace inside. Two reasons for the second one: the program
 * gets its user id back instead of looking like root, and it holds no capability over the mounts,
 * so it can neither write to what is read-only nor take a cover off. The old root is detached, so
 * what is not shown is not there at all.
 *
 * A process for each mount would be most of what a start costs. So mounts are collected in a table,
 * which one process carries out. It passes over what it takes for mounted already, so what stood in a
 * table is looked at, and mounted by itself where it is not there. The table lies in memory that no
 * other namespace sees: a pod that could write it would choose its own mounts.
 *
 * Arguments: an empty folder to build in, the same as a table writes it, user id, group id, home, the
 * folder for /tmp twice likewise; then views, each `hide`, `read` or `write`, a path, and the same as a table writes
 * it, with `show` after those that are made together; `--`, and the command.
 */
export const setup = String.raw`
set -eu
stage=$1 listed=$2 user=$3 group=$4 home=$5 tmp=$6 listed_tmp=$7 program_path=$PATH
shift 7
PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH
table=/sys/switchyard
pending=

# A line of the table: what, at which place of the stage, type, options.
add() {
  pending="$pending$1 $listed$2 $3 $4 0 0
"
}
flush() {
  [ -n "$pending" ] || return 0
  printf %s "$pending" >"$table"
  pending=
  mount -a -T "$table"
}

# Calls a function with the place and the options of each mount that can be written, at the given
# places of the stage or below.
writable() {
  act=$1
  shift
  while read -r _ _ _ _ at options _; do
    case $options in ro | ro,*) continue ;; esac
    case $at in "$listed"*) at=${'$'}{at#"$listed"} ;; *) continue ;; esac
    for place; do
      case $at in "$place" | "$place"/*) "$act" "$at" "$options" && break ;; esac
    done
  done </proc/self/mountinfo
}
is_covered_below() {
  case $1 in /proc | /proc/* | /sys | /sys/* | /dev | /dev/* | /run | /run/* | /tmp | /tmp/*) [ -n "$is_root" ] ;; *) false ;; esac
}
# Options that a mount has are locked in a user namespace, so they are said again.
make_read_only() { is_covered_below "$1" || add switchyard "$1" none "remount,bind,$2,ro"; }
cover() { is_covered_below "$1" || covers="$covers $1"; }
# Makes what can be written at these places read-only; what cannot be made so is covered.
seal() {
  writable make_read_only "$@"
  ! flush 2>/dev/null || return 0
  covers=
  writable cover "$@"
  for at in $covers; do
    case $at in *\\*) at=$(printf %b "$at") ;; esac
    mount -t tmpfs -o ro,size=4k none "$stage$at"
  done
}

# A folder that is missing is made by what mounts it; a file wants a file to stand on.
file_point() {
  [ ! -e "$stage$1" ] || return 0
  mkdir -p "$(dirname "$stage$1")"
  : >"$stage$1"
}

# Views up to the next word show, of which none lies in another.
make_views() {
  while [ "$1" != show ]; do
    made=X-mount.mkdir
    [ -d "$2" ] || { file_point "$2" && made=defaults; }
    case $1 in
      hide) add switchyard "$3" tmpfs "$made,mode=700,size=16m" ;;
      *) add "$3" "$3" none "$made,rbind" ;;
    esac
    shift 3
  done
  flush
}
look_at_views() {
  reads=
  while [ "$1" != show ]; do
    case $1 in
      hide) [ ! "$2" -ef "$stage$2" ] || mount -t tmpfs -o mode=700,size=16m none "$stage$2" ;;
      *) [ "$2" -ef "$stage$2" ] || mount --rbind "$2" "$stage$2" ;;
    esac
    [ "$1" != read ] || reads="$reads $3"
    shift 3
  done
  # What a table writes has no blanks.
  [ -z "$reads" ] || seal $reads
}
ensure_read_only() {
  while [ "$1" != show ]; do
    [ "$1" != read ] || [ ! -w "$stage$2" ] || fail "$2 could be written"
    shift 3
  done
}
fail() {
  echo "$1" >&2
  exit 1
}

mount -t tmpfs -o mode=700,size=1m switchyard-table /sys
mount -o rbind,unbindable / "$stage"
is_root=yes
seal ''
is_root=
[ ! -w "$stage" ] || fail 'the system could be written'

add switchyard /proc proc nosuid,nodev,noexec
add switchyard /sys tmpfs ro,mode=755,size=4k
add switchyard /dev tmpfs mode=755,size=1m
add switchyard /run tmpfs mode=755,size=16m
flush
for path in /proc /sys /dev /run; do
  [ ! "$path" -ef "$stage$path" ] || fail "$path of the machine is not covered"
done
for path in KERNEL_FILES; do
  [ ! -e "$stage$path" ] || add "$listed$path" "$path" none bind,ro,nosuid,nodev,noexec
done
for name in null zero full random urandom tty; do
  [ -e "/dev/$name" ] || continue
  : >"$stage/dev/$name"
  add "/dev/$name" "/dev/$name" none bind
done
mkdir "$stage/dev/pts" "$stage/dev/shm" "$stage/run/old"
add switchyard /dev/pts devpts newinstance,ptmxmode=0666,mode=620
add switchyard /dev/shm tmpfs mode=1777
add "$listed_tmp" /tmp none bind
flush
[ "$tmp" -ef "$stage/tmp" ] || mount --bind "$tmp" "$stage/tmp"
for path in KERNEL_FILES; do
  [ ! -w "$stage$path" ] || mount -o bind,ro,nosuid,nodev,noexec "$stage$path" "$stage$path"
done
ln -s pts/ptmx /proc/self/fd "$stage/dev"
cp -P /dev/stdin /dev/stdout /dev/stderr "$stage/dev"

while [ "$1" != -- ]; do
  make_views "$@"
  look_at_views "$@"
  ensure_read_only "$@"
  while [ "$1" != show ]; do shift 3; done
  shift
done
shift

pivot_root "$stage" "$stage/run/old"
umount -l /run/old
cd "$home"
export PATH="$program_path"
code=0
# This shell stays as the first process of the namespace, which ends it whole.
unshare --user --map-user="$user" --map-group="$group" -- "$@" || code=$?
exit "$code"
`.replaceAll('KERNEL_FILES', kernelFiles.join(' '))
