/** Currencies whose minor units are the same in Flex and at Stripe, each with the least that Stripe charges. */
export const leastAmounts: Record<string, number> = {
  AUD: 50,
  CAD: 50,
  CHF: 50,
  CZK: 1500,
  DKK: 250,
  EUR: 50,
  GBP: 30,
  HKD: 400,
  INR: 50,
  JPY: 50,
  MXN: 1000,
  NOK: 300,
  NZD: 50,
  PLN: 200,
  RON: 200,
  SEK: 300,
  SGD: 50,
  USD: 50,
};

export const stripeCurrencies = Object.keys(leastAmounts);
