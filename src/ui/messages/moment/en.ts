/** English, for moments that are shared. The keys here are the type of every other catalogue of them. */
export const momentEn = {
  title: 'Link to this moment',
  what: 'Whoever opens it sees the node as it is drawn now, made again from what was typed, and can go on from there. All of it is in the link; nothing is sent to any server.',
  holds: 'It holds every key typed so far: {keys}. Leave passwords out of a shell that you share.',
  link: 'The link',
  copy: 'Copy the link',
  copied: 'Copied: {count} characters.',
  notCopied: 'This browser does not let the page copy. The link is selected: press Ctrl-C.',
  tooLong:
    'This session has become too long for a link ({count} characters, {max} at most). Save it as a file: a page like this one opens it when it is dropped there.',
  play: 'The drawing plays on from there',
  marks:
    'A file takes markers, branches and breakpoints along, and with them all that was typed up to now in any of the histories',
  save: 'Save as a file',
  saved: 'Saved as {name}.',
  picture: 'Save a picture (PNG)',
  clip: 'Record a clip',
  stopClip: 'End the clip here',
  recording: 'Recording: the drawing plays its command (20 seconds at most).',
  noPicture: 'This browser could not make it: {reason}.',
  open: 'Open a file …',
  nothing: 'The node is not ready yet: try again in a moment.',
  close: 'Close',
  making: 'Making a shared session again: {percent} %',
  cancel: 'Stop, and take a fresh node',
  held: 'A shared moment, {time} after the node was switched on. Time stands still: play, or type, to go on from here.',
  wentOn: 'It began as a shared moment, {time} after the node was switched on, and has gone on since.',
  past: 'A shared moment, {time} after the node was switched on. It is the past: play on, or go to where the session ended.',
  playing: 'A shared moment, {time} after the node was switched on; the drawing plays on from it.',
  brought: 'Its breakpoints are set here, too ({count}): Breakpoints lists them.',
  playOn: 'Play on',
  end: 'Where it ended',
  dismiss: 'Got it',
  left: 'A session ended here without being closed ({scenario}; {time}; command lines: {count}).',
  reloaded: 'Before this page was loaded, this tab had a session ({scenario}; {time}; command lines: {count}).',
  restore: 'Restore it',
  forget: 'Forget it',
  notKept:
    'This session has grown too large for this browser to keep: if the tab ends, it is lost. A file holds all of it.',
  notKeptFull:
    'This browser has no room left to keep this session: if the tab ends, what was typed since the last time is lost. A file holds all of it. Free some room, and it is kept again.',
  notKeptStorage:
    'This browser keeps nothing for the page, as in a private window: if the tab ends, this session is lost. A file holds all of it.',
  notKeptBranches:
    'This session has grown too large for this browser to keep all of it: these branches are left out, and lost if the tab ends: {names}. A file holds them, too.',
  savedWithoutMarks:
    'Saved as {name}, without its markers and branches: one of them holds something that reached the node from outside of a page, which no page could make again.',
  fileTooLarge:
    'It was not saved: the file would have {count} characters, and {max} is the most that a page opens. Without the branches it is smaller.',
  fresh: 'Here is a fresh node.',
  goesOn: 'The node here goes on.',
  malformed:
    'This is no whole moment of Cutaway: the link or file was cut off or changed. Ask for it again, or for the file instead of the link.',
  place: 'The first thing that is wrong: {place}.',
  placeCharacter: 'Character {at} after “#at=” ({found}) cannot stand there.',
  placeFrom:
    'It cannot be unpacked beyond character {at} after “#at=”: there, or shortly before, something was changed.',
  placeEnd: 'It ends after {at} characters, in the midst of what it holds: the rest is missing.',
  placeNothing: 'Nothing comes after “#at=”.',
  older: 'It was made by an older Cutaway, which this one no longer reads. Open it on the page where it was made.',
  newer: 'It was made by a newer Cutaway than this one. Reload this page for its newest version, and open it again.',
  tooLarge:
    'It is larger than any session of this page could be, and was not unpacked. Ask whoever sent it for another.',
  scenario: 'It is of a kind of node that this Cutaway does not have. Open it on the page where it was made.',
  input:
    'Its log holds something that reached the node from outside of a page, as a connection to one of its sockets, which a page cannot make again. Replay it with the command line.',
  course: 'It belongs to a lesson that this Cutaway does not have. Open it on the page where it was made.',
  replay:
    'The session could not be made again: another version of Cutaway made it. Open it on the page where it was made.',
  differs:
    'It was made by another version of Cutaway: the same keys were typed again, but what came of them differs. This is where they lead now.',
  interview: 'This is the file of an interview, which has several nodes: the interview report reads it.',
  report: 'Interview report',
  storageFull:
    'This browser has not enough room to open it. Close other tabs of this page or free some room, and open it again.',
  storage: 'This browser keeps nothing for the page, which it needs to open a file. Allow it to, or use a link.',
} as const;

export type MomentMessageKey = keyof typeof momentEn;
