package ai.mariner.archive;

import java.util.List;
import java.util.regex.Pattern;

/**
 * The addresses that the configuration permits.
 *
 * @param patterns an address must match one as a whole, without regard to case
 */
record AllowedUrls(List<Pattern> patterns) {
  AllowedUrls {
    // However the patterns were compiled, case never matters.
    patterns =
        patterns.stream()
            .map(p -> Pattern.compile(p.pattern(), p.flags() | Pattern.CASE_INSENSITIVE))
            .toList();
  }

  boolean permit(String url) {
    return patterns.stream().anyMatch(pattern -> pattern.matcher(url).matches());
  }

  /** Refuses an address that no pattern permits. */
  void check(String url, String shown) {
    if (!permit(url)) {
      throw Refusals.notAllowed(
          "Given URL " + shown + " does not match any allowed URL(s) (expected: " + wanted() + ")");
    }
  }

  private String wanted() {
    return patterns.isEmpty()
        ? "a name in the model store; allowed_urls permits no address"
        : "an address that allowed_urls permits";
  }
}
