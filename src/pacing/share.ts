import type { View } from './view.js';

/** A sighting is more than this part of the limit: less may be an estimate of ours that was short. */
const noticed = 0.01;
/** Windows without a refusal after which a share grows where only refusals teach. */
const patience = 10;
/** Of the limit; doubled for as long as nothing is refused, so that a share comes back once the others have gone. */
const firstStep = 0.04;
/** Of a bucket's limit: what is left in it for the next burst, once the parts have settled. */
const level = 0.25;
/** A part does not become smaller than that by what is heard; only refusals make it so. */
const least = 1 / 64;

/**
 * Our part of a window that somebody else uses, too, with the same key and without a shared quota. Each of several processes would think that
 * all which comes free is for itself, and be refused about as often as it is served. So each keeps, beside the window, to a part of it, counted
 * by what it has sent itself: as parts of a window that are not more than the whole together are never over it, neither are the processes.
 *
 * Where answers speak of a bucket, each tells what is left in it and what the others have taken, and the part follows: it grows by equal steps
 * and shrinks in proportion, so that unlike parts become alike, until the bucket stays at a quarter. Of a window that just refusals speak of, and
 * of a sliding one, where the others' part comes and goes in lumps, it grows by a step after ten windows without a refusal (additive increase,
 * multiplicative decrease: Chiu and Jain, Computer Networks 17, 1989). Either way, one who is refused although there was room takes half of it.
 *
 * Being seen once is not being there: what is counted here may have been estimated too low for once. Others are there when they are seen again.
 */
export class Share {
  /** Of the limit, ours. */
  part = 1;
  /** Answers speak of this bucket. */
  private told = false;
  private seenAt = Number.NEGATIVE_INFINITY;
  changedAt: number = Number.NEGATIVE_INFINITY;
  private step = firstStep;
  /** Windows without a refusal after which it grows by a step. */
  private patience = patience;
  /** What it was before it grew by a step that has not stood the test of time. */
  private before = 1;
  /** Units that others take in a window's length: what they took, as it was heard, fading with that length. */
  private theirs = 0;
  private heardAt = 0;

  constructor(private readonly view: View) {}

  /**
   * The server has spoken, in answer to what was admitted at `since`: others have taken `amount` units more than we knew of, and with ours
   * there are `used`. Answers whether our part has changed.
   * @param refused there was no room, and that not for what is known here
   * @param served something of ours went since our part has changed: then that is not halved again before a window's length is over, so that a
   * server which refuses for reasons of its own does not bring us to a standstill
   */
  heard(amount: number, used: number, refused: boolean, served: boolean, since: number, now: number): boolean {
    const { kind, limit, per } = this.view.window;
    if (!refused && kind === 'bucket') this.told = true;
    const elapsed = Math.min(1, (now - this.heardAt) / per);
    this.heardAt = now;
    this.theirs = this.theirs * Math.exp(-elapsed) + amount;
    let there = false;
    if (refused || amount > noticed * limit) {
      there = now < this.seenAt + 2 * patience * per;
      this.seenAt = now;
    }
    if (refused) return there && since > this.changedAt && !(served && this.part <= least) && this.shrink(now);
    if (!this.told) return false;
    if (this.part === 1) return there && this.set(Math.max(0.5, 1 - this.theirs / limit));
    // Nobody was seen for a whole window: they have gone.
    if (now > this.seenAt + per) return this.set(1);
    const unused = 1 - used / limit - level + 1 - this.part - this.theirs / limit;
    const part = unused > 0 ? this.part + (elapsed * unused) / 4 : this.part * (1 + elapsed * unused);
    return this.set(Math.max(Math.min(this.part, least), part));
  }

  /** Time goes by. Answers whether our part has grown. */
  grow(now: number): boolean {
    if (this.told || this.part === 1 || now < this.changedAt + this.patience * this.view.window.per) return false;
    this.changedAt = now;
    this.before = this.part;
    this.set(this.part + this.step);
    this.step *= 2;
    return true;
  }

  /** What grew for nothing becomes as it was, and is tried again after twice the time. */
  private shrink(now: number): true {
    const grew = this.before < this.part;
    this.changedAt = now;
    this.step = firstStep;
    this.patience = grew ? 2 * this.patience : patience;
    return this.set(grew ? this.before : this.part / 2);
  }

  private set(part: number): true {
    this.part = Math.min(1, part);
    return true;
  }
}
