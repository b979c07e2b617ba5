import { AnswerInvalidError } from 'rx-groq';
import { catchError, type MonoTypeOperatorFunction, throwError } from 'rxjs';

/** An `AnswerInvalidError` as its reason and the text it keeps, so that a diagram can name it; any other error as it is. */
export function reasonAndText<T>(): MonoTypeOperatorFunction<T> {
  return catchError(error =>
    throwError(() => (error instanceof AnswerInvalidError ? `${error.reason}: ${error.text}` : error)),
  );
}
