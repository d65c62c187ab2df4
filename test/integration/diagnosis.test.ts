import { advice } from '../../server/domain/diagnosis/causes.ts';
import { incidents } from '../fixtures/incidents/incidents.ts';
import { startPlayer, type Player } from '../setup/incident-player.ts';

describe('the labelled incidents', () => {
  let player: Player;
  const wrong: string[] = [];
  beforeAll(async () => {
    player = await startPlayer();
  });
  afterAll(() => player[Symbol.asyncDispose]());

  it(`are at least sixty, and of every cause`, () => {
    expect(incidents.length).toBeGreaterThanOrEqual(60);
    expect(new Set(incidents.map(({ expected }) => expected))).toEqual(new Set(Object.keys(advice)));
  });

  it('have their cause put first, in ninety-five of a hundred at least, and no alarm where all is well', async () => {
    const alarms: string[] = [];
    for (const incident of incidents) {
      const { diagnosis } = await player.play(incident);
      if (diagnosis.cause === incident.expected) continue;
      wrong.push(
        `${incident.expected}: ${incident.name} -> ${diagnosis.cause} ${diagnosis.evidence.join(' ')}`,
      );
      if (['healthy', 'simulated-response'].includes(incident.expected)) alarms.push(incident.name);
    }

    expect(alarms).toEqual([]);
    expect(wrong).toEqual([]);
  }, 120_000);
});
