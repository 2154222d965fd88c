// A page imports the style sheet that is its own; the build makes a file of it.
declare module '*.css'
