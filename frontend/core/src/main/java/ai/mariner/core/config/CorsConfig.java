package ai.mariner.core.config;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which web pages of other origins may read answers, and what they may send.
 *
 * @param origins origins as they were written; {@code *}: all
 * @param originPattern origins that match it as a whole are allowed too; absent: none
 * @param methods {@code Access-Control-Allow-Methods}; absent: the header is not sent
 * @param headers {@code Access-Control-Allow-Headers}; absent: the header is not sent
 * @param exposedHeaders {@code Access-Control-Expose-Headers}; absent: the header is not sent
 * @param credentials whether pages may send cookies, client certificates and the like
 * @param maxAgeSeconds how long a browser may keep the answer to a preflight; absent: its default
 */
public record CorsConfig(
    List<String> origins,
    @Nullable Pattern originPattern,
    @Nullable String methods,
    @Nullable String headers,
    @Nullable String exposedHeaders,
    boolean credentials,
    @Nullable Integer maxAgeSeconds) {
  /** No page of another origin. */
  public static final CorsConfig NONE = of(List.of(), null, null);

  /** What a pattern is not tried on; no origin is as long. */
  private static final int LONGEST_ORIGIN = 512;

  private static final String ANY = "*";

  /** Copies the list. */
  public CorsConfig {
    origins = List.copyOf(origins);
  }

  /** Origins, methods and headers, and nothing else. */
  public static CorsConfig of(
      List<String> origins, @Nullable String methods, @Nullable String headers) {
    return new CorsConfig(origins, null, methods, headers, null, false, null);
  }

  /** Whether any page is allowed at all. */
  public boolean isOn() {
    return !origins.isEmpty() || originPattern != null;
  }

  /** Whether pages of all origins are allowed. */
  public boolean anyOrigin() {
    return origins.contains(ANY);
  }

  /** Whether an origin is named or matched; {@code *} names none. */
  public boolean names(String origin) {
    String lower = origin.toLowerCase(Locale.ROOT);
    for (String known : origins) {
      if (known.toLowerCase(Locale.ROOT).equals(lower)) {
        return true;
      }
    }
    return originPattern != null
        && origin.length() <= LONGEST_ORIGIN
        && originPattern.matcher(origin).matches();
  }
}
