/** The i-th document of the benchmarks, without its `_id`: about 350 bytes of BSON and ten fields with it. */
export function person(i) {
  return {
    name: `Person number ${i}`,
    email: `person.${i}@example.org`,
    age: (i * 7919) % 90,
    status: ['active', 'inactive', 'pending'][i % 3],
    score: (i * 31) / 7,
    created: new Date(1_700_000_000_000 + i * 60_000),
    address: { street: `${i} Main Street`, city: 'Springfield', zip: '12345', country: 'US' },
    tags: ['alpha', 'beta', `tag${i % 100}`],
    bio: 'Lorem ipsum dolor sit amet, consectetur adipiscing elit.',
  }
}

/** The i-th `_id`, as 24 hex digits. */
export function idHex(i) {
  return i.toString(16).padStart(24, '0')
}
