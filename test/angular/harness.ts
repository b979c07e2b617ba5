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
import { onTestFinished } from 'vitest';

TestBed.initTestEnvironment(BrowserTestingModule, platformBrowserTesting());

/**
 * An application without zone.js, until the test ends. Not an `afterEach` of this module: files that share a worker share it, and only the
 * first would be served.
 */
export function configure(...providers: (Provider | EnvironmentProviders)[]): void {
  onTestFinished(() => void TestBed.resetTestingModule());
  TestBed.configureTestingModule({ providers: [provideZonelessChangeDetection(), ...providers] });
}

/** A conversation with a network that the test answers for. */
export function talk(options: Partial<ChatOptions> = {}): { chat: Chat; network: ChatTestingController } {
  configure(provideChatClientTesting());
  const chat = TestBed.runInInjectionContext(() => injectChat({ model: 'any', ...options }));
  return { chat, network: TestBed.inject(ChatTestingController) };
}
