/** What a dictionary of synonyms says of the words that tools are named with, and verbs of two words. */
export const general = `
permit welcome > accept allow approve
endorse sanction > approve review
affix insert > append add attach
residence > address
alarm > alert
use employ utilize > apply run call
designate allocate allot > assign set
fasten stick > attach add
scrutinize examine audit > inspect check audit read
remainder > balance
construct assemble produce form develop organize compose author > create make build write generate
predict estimate > forecast
patron buyer > customer
reproduce imitate > copy
present > current show
announce > send post publish
depict outline > describe draw
occurrence happening incident > event
perform accomplish carry-out > execute run
reveal > show expose
discover notice detect obtain locate > find search get
receive bring > get fetch read
manage deal-with treat > handle update
chronicle account > history log report
photograph photo > image picture screenshot
information news > info details
sample example case > instance
problem trouble > issue error
associate join attach > link connect relation
inventory catalogue overview > list
unify combine fuse > merge
supervise > monitor watch
title > name
following > next
choice alternative selection > option select
trail > path log
delay postpone put-off hold-back > pause wait schedule update
spot > place position
suggest propose recommend > propose create open request
ask demand order question > request query
repay > refund
settle solve sort-out > resolve close
answer > reply respond
fix repair mend recover bring-back get-back > restore fix
carry-on go-on wake wake-up > resume continue
repeal withdraw take-away > revoke remove
purpose > role
regulation > rule
explore hunt seek track-down dig-up find-out > search find
part chapter division paragraph > section
elect prefer > select choose
dispatch pass-on forward > send forward
portion slice > share
hush quiet > silence mute
arrange order classify > sort
origin > source
phase > stage
commence initiate spin-up kick-off fire-up > start create run trigger
condition standing > status
quit cease call-off give-up > stop cancel close
chore errand > task
trial examination > test
garbage rubbish junk > trash delete
shorten cut trim > trim shrink
reverse > undo revert
consumption > usage
movie clip > video
swap-out bring-up-to-date refresh renew > update replace refresh
put-in put-into put-on put-onto > add create write insert upload
put-to-sleep > pause suspend
hand-in turn-in > submit
hand-over > transfer assign send
pull-out take-from > extract
take-down tear-down cut-out strip-out cross-out leave-out > delete remove
cross-off > complete close check
set-up > create configure install
fill-in fill-out > fill type
back-up > backup
roll-out > deploy rollout release
add-up > sum add
boil-down sum-up > summarize
let-in > allow enable add
keep-out lock-out > deny block revoke
let-go > release
take-over > claim assign
speed-up slow-down > performance
remind reminder > create task schedule
touch touched > change modify commit update
someone somebody anyone people guy > user member person
folks crew > team group member
thing stuff item > item
monday tuesday wednesday thursday friday saturday sunday weekend > date calendar event due
january february march april june july august september october november december > date calendar
standup appointment party dinner lunch > meeting event calendar
refund reimburse > refund
download > download read get export
do-i-have have-i can-i may-i > my list whoami
walk drive cycle ride > direction route
street road > address place map
shop store > place product
`
