package ai.mariner.core.model;

import ai.mariner.core.message.ModelKey;

/**
 * A registration that went well.
 *
 * @param model what was registered
 * @param workers workers that were asked for
 * @param completion {@link Completion#READY}: they are ready (or none was asked for); {@link
 *     Completion#ACCEPTED}: they are loading
 */
public record RegisterResult(ModelKey model, int workers, Completion completion) {}
