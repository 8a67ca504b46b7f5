/** Text of others as it may be shown at a terminal: nothing in it moves the cursor or hides. Pure. */

/* eslint-disable no-control-regex -- controls are what it is about */

/** Escape sequences whole, so that their letters do not stay behind. */
const SEQUENCE =
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]*[0-~])/g;
/** Controls but tab and newline; those of direction, which show a text in another order. */
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** The same as one line. */
export function plainLine(text: string): string {
  return plainText(text).replace(/[\n\u2028\u2029]+/g, ' ');
}

export function plainText(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(SEQUENCE, '').replace(CONTROL, '');
}
