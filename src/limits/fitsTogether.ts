/** Whether a window that refills continuously gives back `amount` units in `ms`, as `limit` in `per`. Rounding allows for a factor of 2. */
export function fitsTogether(ms: number, amount: number, limit: number, per: number): boolean {
  const implied = (ms * limit) / amount;
  return implied >= per / 2 && implied <= per * 2;
}
