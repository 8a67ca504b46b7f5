/**
 * Looks over the bytes of a large JSON text while they come in, without building a value: that it is
 * JSON, how deep it is nested, how many values would have to be built, and where the free-form parts
 * lie that need not be. Whoever parses afterwards knows what that costs.
 */
import {
  INTEGER,
  isBlank,
  KEY,
  LITERALS,
  mayEnd,
  nextInNumber,
  NUMBER,
  spareOf,
  STATE,
  ZERO,
} from './json-grammar.js';
import { JsonParts, type Part, type PartPath } from './json-parts.js';
import { WaitbusError } from './waitbus-error.js';

/** Deeper than anybody nests; what reads JSON in other languages gives up sooner. */
export const MAX_JSON_DEPTH = 4096;
/** A full request of events, each with all the fields that it may have, has fewer. */
export const MAX_BUILT_VALUES = 300_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OBJECT = 1;
const LIST = 0;

export class JsonScan {
  readonly #parts: JsonParts;
  /** The open containers. */
  readonly #open = new Uint8Array(MAX_JSON_DEPTH);
  #depth = 0;
  #state: number = STATE.value;
  #at = 0;
  #values = 0;
  /** Which limit it is over. */
  #refusal: string | null = null;
  /** Where the string at hand begins, if it is a key that may lead to a part. */
  #keyStart = -1;
  /** Of the literal at hand, what is still to come. */
  #literal = '';
  #hexDigits = 0;
  #hex = 0;

  constructor(path: PartPath) {
    this.#parts = new JsonParts(path);
  }

  /**
   * Goes on up to `end`. `body` may be another buffer than before, if it begins with the same bytes.
   * What is over a limit is not looked at any further.
   * @throws WaitbusError WAITBUS_BAD_FRAME as soon as it is no JSON
   */
  advance(body: Buffer, end: number): void {
    let at = this.#at;
    while (at < end && this.#refusal === null) {
      switch (this.#state) {
        case STATE.string:
        case KEY.string:
          at = this.#string(body, at, end);
          break;
        case STATE.escape:
        case KEY.escape:
        case STATE.hex:
        case KEY.hex:
          this.#escape(body[at] ?? 0);
          at += 1;
          break;
        case STATE.literal:
          if (body[at] !== this.#literal.charCodeAt(0)) throw notJson(at);
          this.#literal = this.#literal.slice(1);
          at += 1;
          if (this.#literal === '') this.#valueEnds(at);
          break;
        default:
          at = this.#state >= NUMBER ? this.#number(body, at, end) : this.#structure(body, at);
      }
    }
    this.#at = at;
  }

  /**
   * Says that no more comes.
   * @returns the parts, in order
   * @throws WaitbusError WAITBUS_BAD_REQUEST when it is over a limit, WAITBUS_BAD_FRAME when it is
   * not one whole JSON value
   */
  finish(): readonly Part[] {
    if (this.#refusal !== null) throw new WaitbusError('WAITBUS_BAD_REQUEST', this.#refusal);
    if (mayEnd(this.#state)) this.#valueEnds(this.#at);
    if (this.#state !== STATE.done) throw notJson(this.#at);
    return this.#parts.found;
  }

  /** Between strings, numbers and literals. */
  #structure(body: Buffer, at: number): number {
    const code = body[at] ?? 0;
    if (isBlank(code)) {
      this.#parts.spare += 1;
      return at + 1;
    }
    switch (this.#state) {
      case STATE.value:
      case STATE.valueOrEnd:
        if (code === 0x5d && this.#state === STATE.valueOrEnd) this.#close(LIST, at);
        else this.#value(code, at);
        return at + 1;
      case STATE.keyOrEnd:
      case STATE.key:
        if (code === QUOTE) {
          this.#keyStart = this.#parts.leadsOn(this.#depth) ? at : -1;
          this.#state = KEY.string;
        } else if (code === 0x7d && this.#state === STATE.keyOrEnd) this.#close(OBJECT, at);
        else throw notJson(at);
        return at + 1;
      case STATE.colon:
        if (code !== 0x3a) throw notJson(at);
        this.#state = STATE.value;
        return at + 1;
      case STATE.after:
        if (code === 0x2c) {
          this.#state = this.#open[this.#depth - 1] === OBJECT ? STATE.key : STATE.value;
        } else if (code === 0x7d) this.#close(OBJECT, at);
        else if (code === 0x5d) this.#close(LIST, at);
        else throw notJson(at);
        return at + 1;
      default:
        throw notJson(at);
    }
  }

  #value(code: number, at: number): void {
    const isInObject = this.#open[this.#depth - 1] === OBJECT;
    const leadsOn = this.#parts.begins(this.#depth, isInObject, at);
    if (!this.#parts.inside) {
      this.#values += 1;
      if (this.#values > MAX_BUILT_VALUES) {
        this.#refusal = `over ${MAX_BUILT_VALUES} values outside of payloads; send several requests`;
      }
    }
    if (code === QUOTE) this.#state = STATE.string;
    else if (code === 0x7b) this.#push(OBJECT, leadsOn, at);
    else if (code === 0x5b) this.#push(LIST, leadsOn, at);
    else if (code === 0x2d) this.#state = NUMBER;
    else if (code === 0x30) this.#state = ZERO;
    else if (code > 0x30 && code <= 0x39) this.#state = INTEGER;
    else {
      const literal = LITERALS.get(code);
      if (literal === undefined) throw notJson(at);
      this.#literal = literal.slice(1);
      this.#state = STATE.literal;
    }
  }

  #push(kind: number, leadsOn: boolean, at: number): void {
    if (this.#depth === MAX_JSON_DEPTH) {
      this.#refusal = `nested deeper than ${MAX_JSON_DEPTH} levels at byte ${at}`;
      return;
    }
    this.#open[this.#depth] = kind;
    this.#depth += 1;
    if (leadsOn) this.#parts.opened(this.#depth);
    this.#state = kind === OBJECT ? STATE.keyOrEnd : STATE.valueOrEnd;
  }

  #close(kind: number, at: number): void {
    if (this.#depth === 0 || this.#open[this.#depth - 1] !== kind) throw notJson(at);
    this.#depth -= 1;
    this.#parts.closed(this.#depth);
    this.#valueEnds(at + 1);
  }

  #valueEnds(end: number): void {
    this.#state = this.#depth === 0 ? STATE.done : STATE.after;
    this.#parts.ends(this.#depth, end);
  }

  /** Most bytes of a large text are in strings. */
  #string(body: Buffer, from: number, end: number): number {
    let at = from;
    for (; at < end; at += 1) {
      const code = body[at] ?? 0;
      if (code === QUOTE) {
        this.#stringEnds(body, at);
        return at + 1;
      }
      if (code === BACKSLASH) {
        this.#state += STATE.escape - STATE.string;
        return at + 1;
      }
      if (code < 0x20) throw notJson(at);
    }
    return at;
  }

  #stringEnds(body: Buffer, at: number): void {
    if (this.#state === STATE.string) {
      this.#valueEnds(at + 1);
      return;
    }
    this.#parts.key(this.#keyStart === -1 ? null : body.toString('latin1', this.#keyStart + 1, at));
    this.#state = STATE.colon;
  }

  #escape(code: number): void {
    const isKey = this.#state === KEY.escape || this.#state === KEY.hex;
    if (this.#state === STATE.escape || this.#state === KEY.escape) {
      if (code === 0x75) {
        this.#hexDigits = 0;
        this.#hex = 0;
        this.#state = isKey ? KEY.hex : STATE.hex;
        return;
      }
      if (!'"\\/bfnrt'.includes(String.fromCharCode(code))) throw notJson(this.#at);
      if (code === 0x2f) this.#parts.spare += 1;
    } else {
      const digit = Number.parseInt(String.fromCharCode(code), 16);
      if (Number.isNaN(digit)) throw notJson(this.#at);
      this.#hex = this.#hex * 16 + digit;
      this.#hexDigits += 1;
      if (this.#hexDigits < 4) return;
      this.#parts.spare += spareOf(this.#hex);
    }
    this.#state = isKey ? KEY.string : STATE.string;
  }

  #number(body: Buffer, from: number, end: number): number {
    let at = from;
    for (; at < end; at += 1) {
      const next = nextInNumber(this.#state, body[at] ?? 0);
      if (next === -1) {
        if (!mayEnd(this.#state)) throw notJson(at);
        this.#valueEnds(at);
        return at;
      }
      this.#state = next;
    }
    return at;
  }
}

function notJson(at: number): WaitbusError {
  return new WaitbusError('WAITBUS_BAD_FRAME', `not JSON from byte ${at} on`);
}
