/** What people want it done with; the form is told in `synonyms.ts`. */
export const things = `
history log past earlier record
logs log output console stdout
recent latest newest last > recent latest list
where > where location find search
error errors bug exception crash failure problem issue
crash crashing crashes failing broken > log error describe
bug issue ticket
pr pull-request merge-request proposal > pull request merge change
patch proposal change diff
review approve feedback
remark comment feedback note
comment remark > comment
remember memorize keep-in-mind memorise learn > memory remember store add observation
recall remind know > memory recall read search knowledge
fact facts > fact memory observation entity knowledge
memory knowledge entity graph
person thing object concept entity > entity
fact belief observation
folder directory dir path
file document
document doc record row entry
docs documentation manual reference guide handbook
text content contents body string
picture image photo screenshot
picture snapshot capture snap > screenshot image
visual plot draw chart graph diagram visualize visualise > chart graph diagram generate plot
draw paint sketch > generate draw create
share proportion percentage portion part
trend over-time development > line trend time
correlation correlate relationship-between against > scatter correlation
distribution frequency spread > distribution frequency histogram
hierarchy tree structure > hierarchy tree organization structure
steps process workflow flow procedure > flow process
website site page webpage web-page url link address > page url website
site website web-site
url link address uri web-address
visit browse go-to surf navigate > navigate visit open url
internet web online google www > web internet search
google bing > search web
article post story > page content url
scrape extract crawl
extract pull-out parse > extract parse
button element link > element click
press click tap push hit
press hit strike key keyboard
type enter input fill fill-in fill-out
form field input
dropdown drop-down menu select choose pick option
choose pick select
scroll swipe
mouse cursor pointer > mouse hover
hover move-over point-at mouse-over
popup pop-up dialog alert prompt confirm modal > dialog
tab window > tab page
javascript script js code
request call http network traffic
dark-mode dark theme light-mode color-scheme > color media emulate
simulate pretend emulate mimic fake
phone mobile device
video recording film screencast
leak heap > heap memory
accessibility a11y
repository repo project
branch branches
switch-branch switch-to change-to go-to-branch > checkout switch select
switch change toggle
uncommitted unstaged modified working-copy worktree working-tree > status working tree diff unstaged
staged staging stage index > stage staged staging
stage git-add > add stage
unstage > unstage reset
commit check-in revision version
revision version release
latest-release newest-version > release
issue ticket bug
task job todo to-do work-item card
todo checkbox tick
subtask child sub-task
blocked blocking depends waiting-on > dependency depend block
depends dependency dependent
label tag
tag label category
column section lane board > section column
due-date deadline > due update
assign give-to delegate
assigned-to-me mine > my assigned
project workspace
team group department
channel room chat
dm direct privately private-message > direct message
thread conversation discussion
emoji reaction react thumbs-up smiley
user account profile
email mail
calendar event meeting appointment schedule
weekly daily monthly regularly recurring > recurring
vacation holiday leave
schedule plan later
invite invitation
place location poi restaurant shop cafe business > place location local
nearby near near-me around-here > local nearby place
route directions way path how-do-i-get how-to-get > direction route
coordinates latitude longitude lat lng gps geo > coordinate geocode latitude
address location
map geography
travel trip drive journey
flat apartment room accommodation stay rent house hotel > listing hotel rental home
book reserve reservation
hotel room stay
price cost money spend
bill invoice charge
pay payment
buy order purchase book
customer contact client
weather rain forecast temperature
tomorrow forecast
cluster kubernetes k8s kubectl
yaml manifest
cluster context environment
container pod
shell terminal command command-line exec bash
command program
deployment deploy rollout release
restart bounce > restart rollout
replica replicas scale instances
node machine server host
maintenance evacuate > drain cordon maintenance
machine vm instance virtual-machine
port-forward tunnel reach expose > port forward
chart package
namespace project
sql select statement > query sql
database db
table collection
record row document item entry
columns fields schema structure attributes
index indexes
speed-up faster optimize optimise > index performance explain
slow > explain slow performance
average group sum aggregate
sum add total plus
paper papers article publication study research
arxiv papers scientific literature > paper
cite citation citing related reference
research study investigate
think reason reasoning thought ponder
step-by-step > sequential step
news headlines current-events > news search
environment-variable environment-variables env > env environment
compress zip gzip archive
unzip decompress extract unpack
encrypt secret
password credential token key
login log-in sign-in
logout log-out sign-out
permission right role access scope
allowed permitted may > allowed permission
configure set-up setup configuration settings config
install set-up add
uninstall remove
production live
test tests check
build compile
artifact result produce produced file
worker agent bot
agent assistant
model llm ai
token usage
cpu ram memory resources capacity free room > capacity
fit > placement capacity fit
approve permission question > approval
vault notes
template kind type
frontmatter property properties metadata attribute
backlink links-to
requirement spec specification
next upcoming
translate translation language
summary summarize summarise
speech voice audio
music song track play
light lamp
warm warmer heating > temperature thermostat
tamper integrity > verify
help support
word phrase term > text search
sister brother friend married > relation
colleague coworker teammate > person user member
access permission role credential > access permission role token scope
report artifact file result
job > task build run
output > log content
room free space capacity > capacity free size
email mail > send email mail
out-of-office away absent > vacation responder leave
temporary expiring > signed link url
review rating opinion stars > review detail rating
apartments apartment flat > listing hotel rental search
board kanban > project board column section
gb disk-usage > size storage
deployments pods services ingress > kubernetes resource
readme source config package > file
line lines > edit line
json csv xml > data structured
pdf docx xlsx > file document
png jpg jpeg gif > image media
spinner loading > wait
slow throttle > emulate network performance
mr > merge request
pr prs > pull request
warning warnings > console error message
ajax xhr api-call http-request > network request
web-vitals lighthouse load-time loading > performance trace audit
viewport window-size screen-size > resize emulate size
nested recursive overview > tree recursive
typo mistake > edit
birthday likes prefers preference > observation entity
modification modified modifications local-changes > change diff unstaged status
html markup source > content fetch
entries rows records > query row list
package library framework sdk npm api > library docs documentation
examples example how-do-i-use how-to-use how-to tutorial > docs documentation example
neighbourhood vicinity local > local nearby search place
restaurant shop cafe dentist pharmacy doctor store museum pizza > local place
domain host > site url
ci green checks build > status check
open-tickets open-issues open-prs > list open
street city town > address place
metres meters sea-level > elevation
phone-number opening-hours open-until reviews > details place
travel-time commute > distance duration direction
revenue sales monthly yearly > line column chart
percentage share budget > pie chart
flowchart > flow diagram
skills dimensions > radar
quartile quartiles median outlier > boxplot
energy flows > sankey flow
table grid > spreadsheet table
holiday-home vacation-rental accommodation guests bed night nights > listing search rental
amenities > listing details
plan query-plan > explain
background prompt > context
limit within budget > limit max
org orgs organisation > organization
child subtask nested > sub child
screen > screenshot screencast page
shot picture-of > screenshot image
file-contents contents > content read
`
