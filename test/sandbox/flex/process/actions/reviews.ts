import { conflict, invalidValue } from '../../errors.ts';
import { param, required, type ActionRun } from './context.ts';

export const postReview =
  (by: 'customer' | 'provider'): ActionRun =>
  ({ world, transaction, listing, params, journal }) => {
    const authorId = by === 'customer' ? transaction.customerId : transaction.providerId;
    const known = [...world.reviews.values()].some(
      review => review.transactionId === transaction.id && review.authorId === authorId,
    );
    if (known) throw conflict(`transaction-already-reviewed-by-${by}`, `Already reviewed by the ${by}`);
    const rating = required(param.wholeNumber(params, 'reviewRating'), 'reviewRating');
    if (rating > 5) throw invalidValue(['params', 'reviewRating'], 'must be from 1 to 5');
    journal.put('reviews', {
      id: world.random.uuid(),
      transactionId: transaction.id,
      listingId: listing.id,
      authorId,
      subjectId: by === 'customer' ? transaction.providerId : transaction.customerId,
      type: by === 'customer' ? 'ofProvider' : 'ofCustomer',
      rating,
      content: required(param.text(params, 'reviewContent'), 'reviewContent'),
      state: 'pending',
      createdAt: world.clock.now(),
    });
  };

export const publishReviews: ActionRun = ({ world, transaction, journal }) => {
  const own = [...world.reviews.values()].filter(
    review => review.transactionId === transaction.id && review.state === 'pending',
  );
  for (const review of own) journal.put('reviews', { ...review, state: 'public' });
};
