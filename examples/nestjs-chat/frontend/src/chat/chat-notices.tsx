import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChatState } from './create-chat.ts';

/** What stands between people and their answer, said in words. */
export function ChatNotices(props: {
  readonly state: ChatState;
  readonly isOnline: boolean;
  readonly onRetry: () => void;
}): ReactElement {
  const { state, isOnline, onRetry } = props;
  const { t } = useTranslation();
  const { problem, loadProblem, unsent } = state;
  // Offline explains the other one.
  const isLoadShown = loadProblem !== undefined && isOnline;
  return (
    <div className="notices">
      <p className="notice" role="status" hidden={isOnline}>
        {!isOnline && t('chat.offline')}
      </p>
      <div className="notice" role="alert" hidden={problem === undefined && !isLoadShown}>
        {problem && <p>{t(unsent === undefined ? `chat.broken.${brokenBy(problem)}` : `problem.${problem}`)}</p>}
        {unsent !== undefined && <p>{t('chat.unsent')}</p>}
        {isLoadShown && (
          <p>
            {t(
              loadProblem === 'not_found' || loadProblem === 'invalid_input'
                ? 'chat.missing'
                : `problem.${loadProblem}`,
            )}{' '}
            <button type="button" className="link" onClick={onRetry}>
              {t('app.retry')}
            </button>
          </p>
        )}
      </div>
    </div>
  );
}

/** A reply that had begun breaks in one of two ways: at the model, or on the way to this page. */
function brokenBy(problem: ChatState['problem']): 'model' | 'connection' {
  return problem === 'provider_failed' ? 'model' : 'connection';
}
