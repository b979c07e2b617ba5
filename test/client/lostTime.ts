/** ms after which a turn of the event loop is no part of a test's own work. */
const turn = 10;

/**
 * Notes from now on for how long the thread did not come round, be it busy itself or kept from running: what a bound in real time has to
 * allow for. What it gives ends that, and answers the sum in ms.
 */
export function noteLostTime(): () => number {
  let last = performance.now();
  let lost = 0;
  const look = (): void => {
    const now = performance.now();
    lost += Math.max(0, now - last - turn);
    last = now;
  };
  const looking = setInterval(look, 1);
  return () => {
    clearInterval(looking);
    look();
    return lost;
  };
}
