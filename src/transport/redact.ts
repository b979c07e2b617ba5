/** Takes keys and organization ids out of a server's text before it reaches an error or a log. */
export function redact(text: string): string {
  return text.replace(/\b(gsk|sk|pk|xai|csk)[-_][\w-]{8,}/g, '$1_…').replace(/\borg_\w+/g, 'org_…');
}
