package ai.mariner.core.message;

import java.util.HexFormat;

/**
 * The request id that clients and handlers see when the client chose none: a UUID (RFC 9562,
 * version 8) made of a prefix that the server draws at start and of the request's number. Both ends
 * of the worker link derive it, so it is not sent.
 */
public final class RequestLabel {
  private static final HexFormat HEX = HexFormat.of();
  private static final long VARIANT = 0x8000_0000_0000_0000L;
  private static final long VERSION_MASK = 0xFFFF_FFFF_FFFF_0FFFL;
  private static final long VERSION_8 = 0x0000_0000_0000_8000L;

  private final long prefix;
  private final String head;

  /**
   * Makes the labels of one server life.
   *
   * @param random 64 random bits; version bits are set here
   */
  public RequestLabel(long random) {
    this.prefix = (random & VERSION_MASK) | VERSION_8;
    String hex = prefixHex();
    this.head = hex.substring(0, 8) + '-' + hex.substring(8, 12) + '-' + hex.substring(12) + '-';
  }

  /** The prefix as 16 hexadecimal digits, as workers are told. */
  public String prefixHex() {
    return HEX.toHexDigits(prefix);
  }

  /** The label of a request's number; the number has to be below 2^62. */
  public String of(long id) {
    String low = HEX.toHexDigits(VARIANT | id);
    return head + low.substring(0, 4) + '-' + low.substring(4);
  }
}
