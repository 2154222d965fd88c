/** What people who make software want it done with; the form is told in `synonyms.ts`. */
export const code = `
history log past earlier record
logs log output console stdout
error errors bug exception crash failure problem issue
crash crashing crashes failing broken > log error describe
bug issue ticket
pr pull-request merge-request proposal > pull request merge change
patch proposal change diff
memory knowledge entity graph
folder directory dir path
file document
javascript script js code
request call http network traffic
leak heap > heap memory
repository repo project
branch branches
uncommitted unstaged modified working-copy worktree working-tree > status working tree diff unstaged
staged staging stage index > stage staged staging
stage git-add > add stage
commit check-in revision version
issue ticket bug
task job todo to-do work-item card
todo checkbox tick
subtask child sub-task
channel room chat
hotel room stay
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
environment-variable environment-variables env > env environment
compress zip gzip archive
unzip decompress extract unpack
encrypt secret
password credential token key
login log-in sign-in
logout log-out sign-out
permission right role access scope
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
approve permission question > approval
vault notes
template kind type
frontmatter property properties metadata attribute
requirement spec specification
tamper integrity > verify
access permission role credential > access permission role token scope
report artifact file result
job > task build run
room free space capacity > capacity free size
deployments pods services ingress > kubernetes resource
readme source config package > file
line lines > edit line
json csv xml > data structured
pdf docx xlsx > file document
png jpg jpeg gif > image media
mr > merge request
pr prs > pull request
viewport window-size screen-size > resize emulate size
package library framework sdk npm api > library docs documentation
examples example how-do-i-use how-to-use how-to tutorial > docs documentation example
ci green checks build > status check
table grid > spreadsheet table
child subtask nested > sub child
`
