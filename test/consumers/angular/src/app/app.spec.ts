import { type ComponentFixture, TestBed } from '@angular/core/testing';
import { ChatTestingController, provideChatClientTesting } from 'rx-groq/angular';
import { App } from './app';
import { appConfig } from './app.config';

describe('a page with a conversation', () => {
  let page: ComponentFixture<App>;
  let network: ChatTestingController;
  const shown = (what: string): string[] => {
    TestBed.tick();
    const found: NodeListOf<HTMLElement> = page.nativeElement.querySelectorAll(what);
    return [...found].map(({ textContent }) => textContent?.trim() ?? '');
  };
  const press = (what: string): void => page.nativeElement.querySelector(what).click();

  beforeEach(() => {
    TestBed.configureTestingModule({ imports: [App], providers: [...appConfig.providers, provideChatClientTesting()] });
    page = TestBed.createComponent(App);
    network = TestBed.inject(ChatTestingController);
  });
  afterEach(() => network.verify());

  it('shows the answer as it comes, then among what was said', () => {
    page.componentInstance.chat.send('What is 7+7?');
    const sent = network.expectOne('7+7');
    sent.emit('1');
    expect(shown('.growing')).toEqual(['1']);
    sent.flushDeltas('4');
    expect(shown('.user, .assistant')).toEqual(['What is 7+7?', '14']);
  });

  it('stops, and cancels with its component', () => {
    page.componentInstance.chat.send('one');
    const one = network.expectOne('one');
    one.emit('1');
    expect(shown('.growing')).toEqual(['1']);
    press('.stop');
    expect(one.cancelled).toBe(true);
    expect(shown('.assistant')).toEqual(['1']);
    page.componentInstance.chat.send('two');
    const two = network.expectOne('two');
    page.destroy();
    expect(two.cancelled).toBe(true);
  });

  it('tells an error, and asks again', () => {
    page.componentInstance.chat.send('What is 7+7?');
    network.expectOne('7+7').error();
    expect(shown('.error')[0]).toMatch(/Again$/);
    press('.error button');
    network.expectOne('7+7').flushDeltas('14');
    expect(shown('.error, .assistant')).toEqual(['14']);
  });

  it('keeps the quota of the application, and shows the place in line', () => {
    const [first, second, third] = [TestBed.createComponent(App), TestBed.createComponent(App), page];
    first?.componentInstance.chat.send('one');
    second?.componentInstance.chat.send('two');
    third?.componentInstance.chat.send('three');
    network.expectOne('one').flushDeltas('1');
    network.expectOne('two').flushDeltas('2');
    network.expectNone('three');
    expect(shown('.line')).toEqual(['You are number 1 in line.']);
  });

  it('has resources that follow signals', async () => {
    page.componentInstance.town.set('Paris');
    TestBed.tick();
    network.expectOne('Paris').flushDeltas('Old', ' town');
    await page.whenStable();
    expect(shown('.summary')).toEqual(['Old town']);
  });
});
