/** What people ask to have done; the form is told in `synonyms.ts`. */
export const actions = `
read get show retrieve view display fetch load
open > read get navigate
open-a open-an > create new open
see look tell give > read get show view
print output dump > read get show log
list enumerate > list all
find search lookup locate query seek
look-up search-for hunt > search find lookup
what who how-many show see > list read get
which > list
what-is-in whats-in inside contain contents > read get content list
create add make new generate insert
start begin launch > start create run trigger submit
write save store put record persist
put down note write-down jot > write add create
file raise report register log-a > create add report
update edit change modify alter adjust set patch
replace substitute overwrite > update edit write patch
turn-into transform > convert change
rename call name-again > rename move update
move transfer relocate shift
delete remove drop erase clear destroy discard purge wipe
get-rid throw-away throw-out take-out tear > delete remove drop uninstall
forget unlearn > forget delete remove
undo revert reset rollback restore
go-back take-back roll-back back-out previous > back undo rollback restore revert
stop cancel abort halt kill terminate end
shut-down switch-off power-off turn-off > stop disable off close
turn-on switch-on power-on activate > enable on start
close dismiss > close
deny reject refuse decline say-no > deny reject close dismiss
approve accept say-yes allow > approve accept decide review
confirm > approve accept handle
pause suspend freeze
resume continue unfreeze unpause
run execute exec perform invoke
retry again rerun redo repeat once-more
repeat say-back say-again parrot > echo retry
send post message publish
tell notify inform announce ask let-know > send post message
share hand > share send post
answer reply respond
publish release ship
upload attach
download save-locally > download export fetch read
export dump backup
import load ingest index
copy duplicate clone fork
compare diff difference
changed changes change > diff history update
merge join combine integrate land
split break-down divide break-up > sub child parse
link connect relate relation relationship association
connect attach bind
wait until > wait
watch monitor track follow observe subscribe
alert warn notify-me tell-me > alert notify monitor
check verify validate test
check status state progress
done finished complete completed ready over resolve
tick tick-off check-off mark > mark complete check checkbox update
mark flag star
finish close complete > complete done update close
count many how-many number-of > count number total
how-much > usage amount count cost total
size big large space how-big how-large disk storage > size storage usage info
when date today now clock hour day o-clock > time date
time-zone timezone > timezone time
moment now right-now currently > current now
how-long duration > duration time
how-far far distance > distance
how-high how-tall high altitude height > elevation height altitude
how-fast fast slow speed quick performance latency > performance trace speed
why explain reason cause > explain cause reason analyze
analyze analyse examine investigate diagnose
inspect check info details metadata information describe properties
who author person user member people
who-changed who-wrote who-made blame history > log history commit audit show
who-did who-called > audit history
who-am-i > whoami self me
contain > search grep content match
mind > remember memory
fix implement develop > submit task
launch kick-off > start trigger submit run
queue enqueue schedule > submit queue
push write-access > push access collaborator
every-day every-week daily weekly hourly > recurring monitor schedule create
watch watching keep-an-eye > monitor watch
browse-files ls dir > list directory
cat less head tail > read log file
grep ripgrep rg > search grep text
mv > move rename
rm rmdir > delete remove
mkdir > create directory
cp > copy
touch > create write access allow
ps top > process list
curl wget > fetch http url
save-to-disk disk > write file
google-for search-for look-up look-for > search find
return > back
profile profiling > performance trace
put place > move write add create put
several multiple many at-once same-time together batch > multiple
learn keep > remember add store create
manages works-at > relation
recall stored memories > search read memory
details about describe > get details read show describe
reopen > update open
catch-up read-up unread > history
belong-to member-of > list
look-like example-of shape > schema read
placed schedulable > placement fit
going progressing how-far-along > status read progress
decided decision > decision search
typed typing keystroke > type
swap exchange > replace edit update
include > add
calculate compute > sum add total
shrink reduce smaller > compress resize
follow-links spider > crawl
complain > create issue
looks-good lgtm > approve review
divide > split sub child
must-wait > dependency block
discuss > comment message story
permit grant > approve allow create
mention mentions > search find
who-used who-ran > audit log usage
pretend think-i > emulate simulate
let have > create submit
note-that > remember add create
`
