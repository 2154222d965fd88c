/** What people want it done with; the form is told in `synonyms.ts`. */
export const things = `
recent latest newest last > recent latest list
where > where location find search
review approve feedback
remark comment feedback note
comment remark > comment
remember memorize keep-in-mind memorise learn > memory remember store add observation
recall remind know > memory recall read search knowledge
fact facts > fact memory observation entity knowledge
person thing object concept entity > entity
fact belief observation
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
dark-mode dark theme light-mode color-scheme > color media emulate
simulate pretend emulate mimic fake
phone mobile device
video recording film screencast
accessibility a11y
switch-branch switch-to change-to go-to-branch > checkout switch select
switch change toggle
unstage > unstage reset
revision version release
latest-release newest-version > release
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
price cost money spend
bill invoice charge
pay payment
buy order purchase book
customer contact client
weather rain forecast temperature
tomorrow forecast
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
allowed permitted may > allowed permission
fit > placement capacity fit
backlink links-to
next upcoming
translate translation language
summary summarize summarise
speech voice audio
music song track play
light lamp
warm warmer heating > temperature thermostat
help support
word phrase term > text search
sister brother friend married > relation
colleague coworker teammate > person user member
output > log content
email mail > send email mail
out-of-office away absent > vacation responder leave
temporary expiring > signed link url
review rating opinion stars > review detail rating
apartments apartment flat > listing hotel rental search
board kanban > project board column section
gb disk-usage > size storage
spinner loading > wait
slow throttle > emulate network performance
warning warnings > console error message
ajax xhr api-call http-request > network request
web-vitals lighthouse load-time loading > performance trace audit
nested recursive overview > tree recursive
typo mistake > edit
birthday likes prefers preference > observation entity
modification modified modifications local-changes > change diff unstaged status
html markup source > content fetch
entries rows records > query row list
neighbourhood vicinity local > local nearby search place
restaurant shop cafe dentist pharmacy doctor store museum pizza > local place
domain host > site url
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
holiday-home vacation-rental accommodation guests bed night nights > listing search rental
amenities > listing details
plan query-plan > explain
background prompt > context
limit within budget > limit max
org orgs organisation > organization
screen > screenshot screencast page
shot picture-of > screenshot image
file-contents contents > content read
subfolder subdirectory > folder directory create
disk drive > file
morning evening afternoon noon midnight > time
happening > news search event
academic scholarly scientific > paper research
smile laugh heart > reaction emoji
copies copy-count > replica scale copy
earlier older > previous revision history
locally localhost > local port forward
circle > pie
curve > line chart
points dots > scatter
sleep overnight > accommodation listing search
bins buckets > histogram bucket
searchable > index ingest
material > context
assigned assignee > assigned assignee my
later for-later > remember schedule add
parts pieces > sub part split
`
