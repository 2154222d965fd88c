/** Opens the form of a new task, with a goal where one was given already. */
export function newTask(goal: string): void {
  document.dispatchEvent(new CustomEvent('sy-new-task', { detail: goal }))
}

/** Calls back when a new task is asked for anywhere on the page. */
export function onNewTask(open: (goal: string) => void): void {
  document.addEventListener('sy-new-task', (event) => open((event as CustomEvent<string>).detail)) // Sent above.
}
