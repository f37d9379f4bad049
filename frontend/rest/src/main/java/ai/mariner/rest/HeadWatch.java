package ai.mariner.rest;

/** Knows whether the head of a request has begun to arrive. */
interface HeadWatch {
  /** Of a stream of HTTP/2, whose requests arrive with their heads whole. */
  HeadWatch NONE =
      new HeadWatch() {
        @Override
        public boolean midRequest() {
          return false;
        }

        @Override
        public long headBeganNanos() {
          return 0;
        }

        @Override
        public void requestSeen() {}
      };

  /** Whether bytes have come since the last {@link #requestSeen}. */
  boolean midRequest();

  /** When the first of these bytes came; if there are none, when it was so the last time. */
  long headBeganNanos();

  /** Notes that everything received so far has become a message. */
  void requestSeen();
}
