package ai.mariner.core.config;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The proxies whose word on their clients ({@code X-Forwarded-For}, {@code X-Forwarded-Host})
 * counts; anybody else could write the same.
 *
 * @param ranges their addresses
 * @param unixSockets whether whoever connects to a Unix socket is one of them
 */
public record TrustedProxies(List<AddressRange> ranges, boolean unixSockets) {
  /** Nobody is believed. */
  public static final TrustedProxies NONE = new TrustedProxies(List.of(), false);

  private static final String UNIX = "unix";

  /** Copies the list. */
  public TrustedProxies {
    ranges = List.copyOf(ranges);
  }

  /**
   * Reads a list.
   *
   * @param texts addresses, ranges such as {@code 10.0.0.0/8}, and {@code unix}
   * @throws IllegalArgumentException with a text that is none of them
   */
  public static TrustedProxies parse(List<String> texts) {
    List<AddressRange> ranges = new ArrayList<>();
    boolean unix = false;
    for (String text : texts) {
      AddressRange range = AddressRange.parse(text);
      if (range != null) {
        ranges.add(range);
      } else if (text.equals(UNIX)) {
        unix = true;
      } else {
        throw new IllegalArgumentException(text);
      }
    }
    return new TrustedProxies(ranges, unix);
  }

  /** Whether nobody is believed. */
  public boolean isEmpty() {
    return ranges.isEmpty() && !unixSockets;
  }

  /**
   * Whether a peer's word counts.
   *
   * @param peer its address; absent: it is on a Unix socket
   */
  public boolean trusts(@Nullable InetAddress peer) {
    if (peer == null) {
      return unixSockets;
    }
    for (AddressRange range : ranges) {
      if (range.contains(peer)) {
        return true;
      }
    }
    return false;
  }

  /**
   * The client that a chain of proxies speaks for: the last address, from the near end, that is no
   * proxy of ours. What stands in front of it may be invented.
   *
   * @param peer who is connected; absent: somebody on a Unix socket
   * @param forwardedFor values of {@code X-Forwarded-For}, in their order
   * @return an address as text; absent: the peer speaks for itself
   */
  public @Nullable String client(@Nullable InetAddress peer, List<String> forwardedFor) {
    if (forwardedFor.isEmpty() || !trusts(peer)) {
      return null;
    }
    String found = null;
    String[] hops = String.join(",", forwardedFor).split(",", -1);
    for (int i = hops.length - 1; i >= 0; i--) {
      InetAddress hop = AddressRange.address(withoutPort(hops[i].strip()));
      if (hop == null) {
        break;
      }
      found = hop.getHostAddress();
      if (!trusts(hop)) {
        break;
      }
    }
    return found;
  }

  /** {@code 1.2.3.4:80}, {@code [::1]:80} and {@code [::1]} without what is no address. */
  private static String withoutPort(String hop) {
    if (hop.startsWith("[")) {
      int end = hop.indexOf(']');
      return end < 0 ? hop : hop.substring(1, end);
    }
    int colon = hop.indexOf(':');
    boolean one = colon > 0 && colon == hop.lastIndexOf(':');
    return one ? hop.substring(0, colon) : hop;
  }
}
