package ai.mariner.core.config;

/** What JSON answers have for numbers that JSON has not: nan and the infinities. */
public enum NonFinite {
  /** {@code NaN}, {@code Infinity}: no JSON, but what Python reads. */
  TEXT,
  /** {@code null}. */
  NULL,
  /** The request fails with the place of the number. */
  ERROR
}
