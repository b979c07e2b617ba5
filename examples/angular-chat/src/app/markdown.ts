import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';
import { Marked } from 'marked';

/** HTML in the text is shown as text, and a picture by its name: loading one would tell somebody what is being read. */
const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: { html: ({ text }) => escaped(text), image: ({ text }) => escaped(text) },
});

/** Markdown as it grows. What a model writes is not to be trusted: Angular cleans what `innerHTML` is given. */
@Component({
  selector: 'app-markdown',
  template: '<div class="markdown" [innerHTML]="html()"></div>',
  changeDetection: ChangeDetectionStrategy.OnPush,
})
export class Markdown {
  readonly text = input.required<string>();
  protected readonly html = computed(() => marked.parse(this.text(), { async: false }));
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
