import type { TransportRequest } from './Transport.js';

const most = 5;

/**
 * The request that a redirecting response asks for in place of this one; undefined for a response like any other. Stays with the same server,
 * as a key is for its own, and keeps method and body.
 * @param status 0 where a browser hides it, as it does with redirections, to any server
 * @param location of the response
 * @param hops how many have been followed before
 * @returns the reason, with what to do, where it is not followed
 */
export function redirect(
  request: TransportRequest,
  status: number,
  location: string | null | undefined,
  hops: number,
): TransportRequest | string | undefined {
  if (status === 0)
    return `${new URL(request.url).origin} redirects, and a browser hides where to. Set base_url to where it leads.`;
  if (location == null || ![301, 302, 303, 307, 308].includes(status)) return undefined;
  const from = new URL(request.url);
  const to = URL.canParse(location, from) ? new URL(location, from) : undefined;
  const refused = (why: string): string => `${from.origin} redirects (${status}) ${why}`;
  if (!to?.host) return refused('to what is no address. Check base_url.');
  const there = to.origin + to.pathname;
  const advice = `If it is right, set base_url to "${there.replace(/\/chat\/completions\/?$/, '')}".`;
  if (to.origin !== from.origin) return refused(`to ${there}, and a key goes to no other server. ${advice}`);
  if (request.method !== 'GET' && status < 307) return refused(`to ${there}, which would lose the request. ${advice}`);
  if (hops === most) return refused(`for the ${most + 1}th time, now to ${there}. Check base_url.`);
  return { ...request, url: to.href };
}
