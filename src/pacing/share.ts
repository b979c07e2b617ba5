import type { View } from './view.js';

/** A sighting is more than this part of the limit: less may be an estimate of ours that was short. */
const noticed = 0.01;
/** Windows without a refusal after which a share grows where only refusals teach; and the longest pause of one that is refused again and again. */
const patience = 10;
/** Of the limit; doubled for as long as nothing is refused, so that a share comes back once the others have gone. */
const firstStep = 0.04;
/** Of a bucket's limit: what is left in it for the next burst, once the parts have settled. */
const level = 0.25;
/** Towards this part each is drawn, by so much of the way: else parts that are together the whole would stay as unlike as they began. */
const middle = 0.25;
const draw = 0.4;
/** A part is not made smaller than that by what is heard, only by refusals; and as much is left at first for somebody who was seen once. */
const least = 1 / 16;

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
 * Being seen once is not being there: what is counted here may have been estimated too low for once. Where that was a refusal, a little is left
 * free for a while, so that somebody who can't get anything else may be seen again.
 */
export class Share {
  /** Of the limit, ours. */
  part = 1;
  /** Answers speak of this bucket. */
  private told = false;
  private seenAt = Number.NEGATIVE_INFINITY;
  private sightedAt = Number.NEGATIVE_INFINITY;
  /** ms between the last two sightings. */
  private between = 0;
  changedAt: number = Number.NEGATIVE_INFINITY;
  private step = firstStep;
  /** Windows without a refusal after which it grows by a step. */
  private patience = patience;
  /** What it was before it grew by a step that has not stood the test of time. */
  private before = 1;
  /** Units that others take in a window's length: what they took, as it was heard, fading with that length. */
  private theirs = 0;
  private heardAt = 0;
  /** Windows' lengths to wait after the last refusal: doubled by each further one with nothing served between. */
  private pause = 1;

  constructor(private readonly view: View) {}

  /** One that grows as this one will, and leaves it as it is. */
  copy(): Share {
    return Object.assign(new Share(this.view), this);
  }

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
    const seen = refused || amount > noticed * limit;
    // What was on its way when they were seen only says the same once more; where just refusals speak, all who begin at once must hear it.
    const anew = seen && (since > this.sightedAt || !this.told);
    const again = anew && now < this.sightedAt + 2 * patience * per;
    if (seen) this.seenAt = now;
    if (anew) {
      this.between = again ? now - this.sightedAt : per;
      this.sightedAt = now;
    }
    if (refused) this.pause = served || this.part > least ? 1 : Math.min(patience, 2 * this.pause);
    if (refused && again) return since > this.changedAt && !(served && this.part <= least) && this.shrink(now);
    if (!this.told) return false;
    if (this.part === 1) {
      if (again) return this.set(Math.max(0.5, 1 - this.theirs / limit));
      return refused && this.set(1 - least);
    }
    // Nobody was seen for a whole window, nor for twice as long as between the last two sightings: they have gone.
    if (now > this.seenAt + Math.max(per, 2 * this.between)) return this.set(1);
    const unused = 2 - used / limit - level - this.part - this.theirs / limit + draw * (middle - this.part);
    const part = unused > 0 ? this.part + (elapsed * unused) / 4 : this.part * (1 + elapsed * unused);
    return this.set(Math.min(1 - least, Math.max(least, part)));
  }

  /** Units of it that count as used after a refusal: it is empty, or wants several windows' lengths. */
  get refusedFor(): number {
    return this.pause * this.part * this.view.window.limit;
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
