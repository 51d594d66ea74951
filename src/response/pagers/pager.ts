// What every pager is: it is handed a letter, sends it once, and says what became of it. It never tries again by itself: the outbox does,
// with the same letter.
import type { PagerConfig } from '../../domain/pager.ts';
import type { Instant } from '../../domain/time.ts';
import type { Letter } from './letter.ts';

/** The life of a page: mail knows its beginning alone. */
export type PageAction = 'trigger' | 'acknowledge' | 'resolve';

/**
 * sent      the other side has taken it
 * later     it has not, or nobody knows; the same letter is sent again (`isAmbiguous`: it may be there already)
 * refused   it said no, and would say so again: people have to hear of it
 */
export type Sent =
	| { readonly kind: 'sent'; readonly detail: string }
	| {
			readonly kind: 'later';
			readonly reason: string;
			/** When the other side asks to be asked again; null where it does not say. */
			readonly retryAt: Instant | null;
			readonly isAmbiguous: boolean;
	  }
	| { readonly kind: 'refused'; readonly reason: string };

export type Pager = {
	readonly config: PagerConfig;
	/** Never throws. `to` is the mail address; null where the pager itself is the recipient. */
	readonly send: (letter: Letter, action: PageAction, to: string | null) => Promise<Sent>;
};
