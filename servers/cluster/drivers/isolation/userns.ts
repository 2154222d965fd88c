import type { Sandbox } from './sandbox.ts'
import { kernelFiles } from './sandbox.ts'

/**
 * Builds the file system of a pod in a new user, mount and process namespace, changes into it, and
 * runs the program in one more user namespace inside. Two reasons for the second one: the program
 * gets its user id back instead of looking like root, and it holds no capability over the mounts,
 * so it can neither write to what is read-only nor take a cover off. The old root is detached, so
 * what is not shown is not there at all.
 *
 * Arguments: an empty folder to build in, user id, group id, home, the folder for /tmp, then pairs of `hide`,
 * `read` or `write` and a path, `--`, and the command.
 */
const setup = String.raw`
set -eu
stage=$1 user=$2 group=$3 home=$4 tmp=$5 program_path=$PATH
shift 5
PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH

# Makes what can be written at a path and below read-only; what cannot be made so is covered. Options
# that a mount has are locked in a user namespace, so they are said again.
seal() {
  mounts=$(cat /proc/self/mountinfo)
  while read -r _ _ _ _ point options _; do
    case $options in ro | ro,*) continue ;; esac
    case $point in *\\*) point=$(printf %b "$point") ;; esac
    case $point in
      "$stage"/proc | "$stage"/proc/* | "$stage"/sys | "$stage"/sys/* | "$stage"/dev | "$stage"/dev/* | \
        "$stage"/run | "$stage"/run/* | "$stage"/tmp | "$stage"/tmp/*)
        [ "$1" != "$stage" ] || continue # Covered as a whole below.
        ;;
    esac
    case $point in
      "$1" | "$1"/*)
        mount -o "remount,bind,$options,ro" none "$point" 2>/dev/null ||
          mount -t tmpfs -o ro,size=4k none "$point"
        ;;
    esac
  done <<END
$mounts
END
}

# A mount point of the same kind as the path that will be shown there.
point() {
  [ -e "$stage$1" ] && return
  if [ -d "$1" ]; then mkdir -p "$stage$1"
  else
    mkdir -p "$(dirname "$stage$1")"
    : >"$stage$1"
  fi
}

mount --rbind / "$stage"
mount --make-unbindable "$stage"
seal "$stage"

mount -t proc -o nosuid,nodev,noexec none "$stage/proc"
for path in KERNEL_FILES; do
  [ ! -e "$stage$path" ] || mount -o bind,ro,nosuid,nodev,noexec "$stage$path" "$stage$path"
done
mount -t tmpfs -o ro,mode=755,size=4k none "$stage/sys"
mount -t tmpfs -o mode=755,size=1m none "$stage/dev"
for name in null zero full random urandom tty; do
  [ -e "/dev/$name" ] || continue
  : >"$stage/dev/$name"
  mount --bind "/dev/$name" "$stage/dev/$name"
done
mkdir "$stage/dev/pts" "$stage/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 none "$stage/dev/pts"
mount -t tmpfs -o mode=1777 none "$stage/dev/shm"
ln -s pts/ptmx /proc/self/fd "$stage/dev"
cp -P /dev/stdin /dev/stdout /dev/stderr "$stage/dev"
mount -t tmpfs -o mode=755,size=16m none "$stage/run"
mount --bind "$tmp" "$stage/tmp"

while [ "$1" != -- ]; do
  point "$2"
  case $1 in
    hide) mount -t tmpfs -o mode=700,size=16m none "$stage$2" ;;
    read)
      mount --rbind "$2" "$stage$2"
      seal "$stage$2"
      ;;
    write) mount --rbind "$2" "$stage$2" ;;
  esac
  shift 2
done
shift

mkdir "$stage/run/old"
pivot_root "$stage" "$stage/run/old"
umount -l /run/old
cd "$home"
export PATH="$program_path"
code=0
# This shell stays as the first process of the namespace, which ends it whole.
unshare --user --map-user="$user" --map-group="$group" -- "$@" || code=$?
exit "$code"
`.replace('KERNEL_FILES', kernelFiles.join(' '))

/** The command line that runs a program in namespaces made by util-linux alone. */
export function usernsCommand(
  { shown, home, tmp, stage, ids }: Sandbox,
  command: string[],
): string[] {
  const views = shown.flatMap(({ as, path }) => [as, path])
  return [
    'unshare',
    ...['--user', '--map-root-user', '--mount', '--pid', '--ipc', '--uts'],
    ...['--fork', '--kill-child', '--'],
    ...['/bin/sh', '-c', setup, 'switchyard-pod'],
    ...[stage, String(ids.user), String(ids.group), home, tmp, ...views, '--', ...command],
  ]
}
