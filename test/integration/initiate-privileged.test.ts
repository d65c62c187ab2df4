import { realBooking, speculativeBooking } from '../setup/orders.ts';
import { signedIn } from '../setup/web-client.ts';
import { startWorld } from '../setup/world.ts';

it('x', async () => {
  await using world = await startWorld();
  const alice = await signedIn(world, 'Alice');
  const spec = await alice.post('initiate-privileged', speculativeBooking(world.info));
  console.log(spec.status, Object.fromEntries(spec.headers), JSON.stringify(spec.body).slice(0, 2000));
  const real = await alice.post('initiate-privileged', realBooking(world.info));
  console.log(real.status, real.headers.get('x-payment-intent-verdict'));
  console.log(world.log.text());
});
