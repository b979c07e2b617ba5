import '@angular/compiler'; // Angular's own packages come half compiled
import { type EnvironmentProviders, type Provider, provideZonelessChangeDetection } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { BrowserTestingModule, platformBrowserTesting } from '@angular/platform-browser/testing';
import {
  type Chat,
  type ChatOptions,
  ChatTestingController,
  injectChat,
  provideChatClientTesting,
} from 'rx-groq/angular';
import { afterEach } from 'vitest';

TestBed.initTestEnvironment(BrowserTestingModule, platformBrowserTesting());
afterEach(() => void TestBed.resetTestingModule());

/** An application without zone.js. */
export function configure(...providers: (Provider | EnvironmentProviders)[]): void {
  TestBed.configureTestingModule({ providers: [provideZonelessChangeDetection(), ...providers] });
}

/** A conversation with a network that the test answers for. */
export function talk(options: Partial<ChatOptions> = {}): { chat: Chat; network: ChatTestingController } {
  configure(provideChatClientTesting());
  const chat = TestBed.runInInjectionContext(() => injectChat({ model: 'any', ...options }));
  return { chat, network: TestBed.inject(ChatTestingController) };
}
