/** What the parties say of each other. */
import { operatorSdk, userSdks } from '../../../setup/flex-sdks.ts';
import { expectRefusal, begin, push, step, transition, useSandbox } from './support.ts';

const sandbox = useSandbox();
const info = () => sandbox().info();
const alice = () => userSdks(info(), 'Alice');

describe('reviews', () => {
  const reviewed = () =>
    push(sandbox(), 'review', [
      step('begin', { to: 'open' }),
      step('customer', { from: 'open', to: 'open', actions: ['post-review-by-customer'] }),
      step('provider', { from: 'open', to: 'open', by: 'provider', actions: ['post-review-by-provider'] }),
      step('publish', { from: 'open', to: 'open', by: 'operator', actions: ['publish-reviews'] }),
    ]);
  const review = { reviewRating: 4, reviewContent: 'Good' };

  it('are one for each party, and seen by all when they are published', async () => {
    await reviewed();
    const [customer, provider] = await Promise.all([alice(), userSdks(info(), 'Petra')]);
    const { id } = await begin(customer.sdk, 'review');
    await transition(customer.sdk, id, 'customer', review);
    await expectRefusal(
      transition(customer.sdk, id, 'customer', review),
      409,
      'transaction-already-reviewed-by-customer',
    );
    await transition(provider.sdk, id, 'provider', { ...review, reviewRating: 1 });
    await expectRefusal(
      transition(provider.sdk, id, 'provider', review),
      409,
      'transaction-already-reviewed-by-provider',
    );
    const seen = async () =>
      (
        await provider.sdk.transactions.show({
          id,
          include: ['reviews.author', 'reviews.subject', 'reviews.transaction'],
        })
      ).data;
    expect((await seen()).data.relationships.reviews.data).toEqual([]);

    await transition(operatorSdk(info()), id.uuid, 'publish');

    const { included } = await seen();
    // The transaction itself stands there already.
    expect(included.map(({ type }: any) => type).toSorted()).toEqual(['review', 'review', 'user', 'user']);
    expect(included.filter(({ type }: any) => type === 'review')).toMatchObject([
      {
        attributes: {
          type: 'ofProvider',
          state: 'public',
          rating: 4,
          content: 'Good',
          createdAt: expect.any(Date),
          deleted: false,
        },
        relationships: {
          author: { data: { id: { uuid: customer.user.id } } },
          subject: { data: { id: { uuid: provider.user.id } } },
        },
      },
      { attributes: { type: 'ofCustomer', rating: 1 } },
    ]);
  });

  it.each<[object, string]>([
    [{ reviewRating: 0 }, 'validation-invalid-value'],
    [{ reviewRating: 6 }, 'validation-invalid-value'],
    [{ reviewRating: 4.5 }, 'validation-invalid-value'],
    [{ reviewRating: undefined }, 'validation-missing-key'],
    [{ reviewContent: undefined }, 'validation-missing-key'],
    [{ reviewContent: 5 }, 'validation-invalid-value'],
  ])('are refused with %j', async (overrides, code) => {
    await reviewed();
    const { sdk } = await alice();
    const { id } = await begin(sdk, 'review');

    await expectRefusal(transition(sdk, id, 'customer', { ...review, ...overrides }), 400, code);
  });
});
