package ai.mariner.core.application;

import org.jspecify.annotations.Nullable;

/**
 * An answer that an application gives without a stage.
 *
 * @param status status
 * @param type content type; absent: none
 * @param text body; in answers to failures {@code {message}} stands for the failure's message and
 *     {@code {json}} for the same as a JSON string
 */
public record FixedAnswer(int status, @Nullable String type, String text) {}
