/** An application with zone.js, in a process of its own: zone.js patches promises and timers for everybody. Prints what it saw, as JSON. */
import 'zone.js';
import '@angular/compiler';
import { ApplicationRef, NgZone, provideZoneChangeDetection } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { BrowserTestingModule, platformBrowserTesting } from '@angular/platform-browser/testing';
import { Window } from 'happy-dom';
import { CHAT_CLIENT, chatResource, injectChat } from 'rx-groq/angular';
import { fakeChatClient } from 'rx-groq/testing';
import { concatMap, of, range, timer } from 'rxjs';

const window = new Window();
/** @param {FrameRequestCallback} callback */
const requestAnimationFrame = callback => setTimeout(callback, 16);
Object.assign(globalThis, {
  window,
  document: window.document,
  requestAnimationFrame,
  cancelAnimationFrame: clearTimeout,
});

const deltas = 300;
const answer = () => range(1, deltas).pipe(concatMap(number => timer(1).pipe(concatMap(() => of(`${number} `)))));
TestBed.initTestEnvironment(BrowserTestingModule, platformBrowserTesting());
TestBed.configureTestingModule({
  providers: [provideZoneChangeDetection(), { provide: CHAT_CLIENT, useValue: fakeChatClient({ answer }) }],
});
const zone = TestBed.inject(NgZone);
const application = TestBed.inject(ApplicationRef);
const messages = [{ role: 'user', content: 'Hello' }];
const [chat, resource] = TestBed.runInInjectionContext(() => [
  injectChat({ model: 'any' }),
  chatResource(() => ({ model: 'any', messages })),
]);
let turns = 0;
zone.onMicrotaskEmpty.subscribe(() => turns++);
zone.run(() => chat.send('Hello'));
await application.whenStable();
console.log(
  JSON.stringify({
    zone: NgZone.isInAngularZone() === false && 'Zone' in globalThis,
    deltas,
    turns,
    answers: [chat.answer(), resource.value()].map(text => text.split(' ').length - 1),
    states: [chat.status().state, resource.progress().state],
  }),
);
process.exit();
