import { useEffect, useId, useRef } from 'react';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';

/** Asks before a conversation is gone for good. */
export function RemoveDialog(props: {
  readonly title: string;
  readonly onCancel: () => void;
  readonly onConfirm: () => void;
}): ReactElement {
  const { title, onCancel, onConfirm } = props;
  const { t } = useTranslation();
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog ref={ref} onCancel={onCancel} aria-labelledby={id}>
      <p id={id}>{t('remove.question', { title })}</p>
      <p className="muted">{t('remove.consequence')}</p>
      <div className="actions">
        <button type="button" onClick={onCancel}>
          {t('remove.cancel')}
        </button>
        <button type="button" className="danger" onClick={onConfirm}>
          {t('remove.confirm')}
        </button>
      </div>
    </dialog>
  );
}
